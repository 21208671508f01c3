import TestSupport
import Testing

/// Publishers by server API and socket, writers of sessions, subscribers with recovery: on one node, or spread over several.
struct MixedLoad: Sendable {
    let log = EventLog()
    let control: LoadControl
    let channels: [String]
    private let shape: LoadShape
    private let ports: [Int]
    private let writers: [SessionWriter]
    private let followers: [Follower]
    private let streams: [StreamFollower]

    /// Prepares the load of the kill tests.
    init(port: Int, followerCount: Int = 10) async throws {
        try await self.init(ports: [port], LoadShape(followerCount: followerCount))
    }

    /// Prepares a load, and creates the sessions that it patches.
    /// - Parameter bearsOutages: whether drivers bear a temporary error by trying again.
    init(ports: [Int], _ shape: LoadShape, bearsOutages: Bool = false) async throws {
        (self.ports, self.shape) = (ports, shape)
        control = LoadControl(bearsOutages: bearsOutages)
        let channels = (0..<shape.channelCount).map { "load:\($0)" }
        let (log, control) = (log, control)
        writers = (0..<shape.writerCount).map { number in
            let nodes = Self.nodes(ports, number)
            return SessionWriter(
                name: "writer\(number)", http: nodes[0], log: log, control: control, others: Array(nodes.dropFirst()))
        }
        for writer in writers { try await writer.create(shape.sessionsPerWriter) }
        let sessions = writers.flatMap(\.ids)
        followers = (0..<shape.followerCount).map { number in
            let own = channels.enumerated().filter { $0.offset % 5 == number % 5 }.map(\.element)
            let ports = Self.turned(ports, number)
            return Follower(
                client: ProtocolClient(name: "follower\(number)", log: log),
                channels: own + ["session:" + sessions[number % sessions.count]],
                port: ports[0],
                control: control,
                others: Array(ports.dropFirst())
            )
        }
        streams = (0..<shape.streamCount).map { number in
            StreamFollower(
                name: "stream\(number)", channel: channels[number % channels.count],
                ports: Self.turned(ports, number), log: log, control: control)
        }
        self.channels = channels
    }

    /// The ports in turn, from another one for each number.
    private static func turned(_ ports: [Int], _ number: Int) -> [Int] {
        let start = number % ports.count
        return Array(ports[start...] + ports[..<start])
    }

    private static func nodes(_ ports: [Int], _ number: Int) -> [TestHTTP] {
        turned(ports, number).map { TestHTTP(port: $0) }
    }

    /// Runs the load beside a body and stops it afterwards.
    func run(beside body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<shape.apiPublisherCount {
                let nodes = Self.nodes(ports, number)
                let publisher = APIPublisher(
                    name: "api\(number)", channels: channels, http: nodes[0], log: log, control: control,
                    others: Array(nodes.dropFirst()))
                group.addTask { try await publisher.run() }
            }
            for number in 0..<shape.socketPublisherCount {
                let ports = Self.turned(ports, number)
                let publisher = SocketPublisher(
                    name: "socket\(number)", channels: channels, port: ports[0], log: log, control: control,
                    others: Array(ports.dropFirst()))
                group.addTask { try await publisher.run() }
            }
            for writer in writers { group.addTask { try await writer.run() } }
            for follower in followers { group.addTask { try await follower.run() } }
            for stream in streams { group.addTask { try await stream.run() } }
            do {
                try await body()
            } catch {
                // The drivers' own errors say more than a condition that was not met because of them.
                control.stop()
                try await group.waitForAll()
                throw error
            }
            control.stop()
            try await group.waitForAll()
        }
    }

    /// Waits until that many more writes are acknowledged.
    func waitForAcknowledgements(_ count: Int, within limit: Duration = .seconds(30)) async throws {
        let before = log.count(.ack)
        try await eventually(within: limit, "\(count) more acknowledgements") {
            log.count(.ack) >= before + count
        }
    }

    /// Reads everything at the end on every node, waits until every subscriber has it, and checks the log.
    func expectNothingLost(
        _ promise: EpochPromise = .kept,
        _ context: String = "",
        _ sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let everything = channels + writers.flatMap { $0.ids.map { "session:\($0)" } }
        var tops: [String: Int] = [:]
        for (number, port) in ports.enumerated() {
            let reading = FinalReading(http: TestHTTP(port: port), log: log, reader: "reading\(number)")
            tops = try await reading.read(everything)
        }
        for stream in streams { try await stream.finish(at: tops[stream.channel] ?? 0) }
        for follower in followers {
            for channel in follower.channels {
                try await follower.client.waitForOffset(tops[channel] ?? 0, of: channel)
            }
            #expect(follower.client.strangeFrames.isEmpty, sourceLocation: sourceLocation)
            follower.client.disconnect()
        }
        for writer in writers {
            #expect(try await writer.differences().isEmpty, sourceLocation: sourceLocation)
        }
        expectNoViolation(log, promise, context, sourceLocation)
        if case .kept = promise {
            #expect(log.count(.resync) == 0, "a client was not recovered", sourceLocation: sourceLocation)
        }
    }
}
