import TestSupport
import Testing

extension ProcessTests {
    /// Promise: subscribing while others publish at full speed never shows a gap, a repetition, or a live publication before
    /// the reply.
    @Suite struct RaceTests {
        /// Fewer than a channel's history keeps, so that everything is readable at the end.
        private static let publicationsPerChannelMax = 900

        @Test func subscribing_whileOthersPublish_isContiguous() async throws {
            try await ServerProcess.run { server in
                let log = EventLog()
                let control = LoadControl()
                let channels = (0..<3).map { "race:\($0)" }
                let port = server.port
                try await withThrowingTaskGroup(of: Bool.self) { group in
                    for number in 0..<6 {
                        let publisher = SocketPublisher(
                            name: "socket\(number)",
                            channels: [channels[number % 3]],
                            port: port,
                            log: log,
                            control: control,
                            countMax: Self.publicationsPerChannelMax / 2
                        )
                        group.addTask {
                            try await publisher.run()
                            return true
                        }
                    }
                    for number in 0..<9 {
                        let client = ProtocolClient(name: "subscriber\(number)", log: log)
                        group.addTask {
                            try await Self.comeAndGo(client, channels[number % 3], port, control)
                            return false
                        }
                    }
                    var publishing = 6
                    while let wasPublisher = try await group.next() {
                        if wasPublisher { publishing -= 1 }
                        if publishing == 0 { control.stop() }
                    }
                }
                try await FinalReading(http: TestHTTP(port: port), log: log).read(channels)
                #expect(log.count(.ack) == 3 * Self.publicationsPerChannelMax)
                #expect(log.count(.subscribed) + log.count(.recovered) > 100, "hardly a race")
                #expect(log.count(.recv) > 1_000, "hardly a race")
                expectNoViolation(log)
                #expect(log.count(.resync) == 0)
            }
        }

        /// Subscribes afresh and from its position, in turns, and drops the connection now and then.
        private static func comeAndGo(
            _ client: ProtocolClient,
            _ channel: String,
            _ port: Int,
            _ control: LoadControl
        ) async throws {
            try await client.connect(port: port)
            var turn = 0
            while !control.isStopping {
                turn += 1
                if turn.isMultiple(of: 3) {
                    try await client.subscribe(channel)
                } else {
                    try await client.resubscribe(channel)
                }
                let seen = client.position(channel)?.offset ?? 0
                try await eventually("\(client.name) sees more of \(channel)") {
                    (client.position(channel)?.offset ?? 0) >= seen + 2 || control.isStopping
                }
                if turn.isMultiple(of: 5) {
                    client.disconnect(abruptly: true)
                    try await eventually("\(client.name) has no connection") { client.end != nil }
                    try await client.connect(port: port)
                } else {
                    try await client.unsubscribe(channel)
                }
            }
            client.disconnect()
        }
    }
}
