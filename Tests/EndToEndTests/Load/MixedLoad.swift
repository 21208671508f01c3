import TestSupport
import Testing

/// The load of the kill tests: publishers by server API and socket, writers of sessions, subscribers with recovery.
struct MixedLoad: Sendable {
    let log = EventLog()
    let control = LoadControl()
    private let port: Int
    private let http: TestHTTP
    private let channels: [String]
    private let writers: [SessionWriter]
    private let followers: [Follower]

    /// Prepares the load, and creates the sessions that it patches.
    init(port: Int, followerCount: Int = 10) async throws {
        self.port = port
        let http = TestHTTP(port: port)
        let channels = (0..<40).map { "load:\($0)" }
        let (log, control) = (log, control)
        writers = (0..<4).map { SessionWriter(name: "writer\($0)", http: http, log: log, control: control) }
        for writer in writers { try await writer.create(2) }
        let sessions = writers.flatMap(\.ids)
        followers = (0..<followerCount).map { number in
            let own = channels.enumerated().filter { $0.offset % 5 == number % 5 }.map(\.element)
            return Follower(
                client: ProtocolClient(name: "follower\(number)", log: log),
                channels: own + ["session:" + sessions[number % sessions.count]],
                port: port,
                control: control
            )
        }
        self.http = http
        self.channels = channels
    }

    /// Runs the load beside a body and stops it afterwards.
    func run(beside body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<12 {
                let publisher = APIPublisher(
                    name: "api\(number)", channels: channels, http: http, log: log, control: control)
                group.addTask { try await publisher.run() }
            }
            for number in 0..<4 {
                let publisher = SocketPublisher(
                    name: "socket\(number)", channels: channels, port: port, log: log, control: control)
                group.addTask { try await publisher.run() }
            }
            for writer in writers { group.addTask { try await writer.run() } }
            for follower in followers { group.addTask { try await follower.run() } }
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
    func waitForAcknowledgements(_ count: Int) async throws {
        let before = log.count(.ack)
        try await eventually(within: .seconds(30), "\(count) more acknowledgements") {
            log.count(.ack) >= before + count
        }
    }

    /// Reads everything at the end, waits until every subscriber has it, and checks the log.
    func expectNothingLost(_ sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let everything = channels + writers.flatMap { $0.ids.map { "session:\($0)" } }
        let tops = try await FinalReading(http: http, log: log).read(everything)
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
        expectNoViolation(log, .kept, "", sourceLocation)
        #expect(log.count(.resync) == 0, "a client was not recovered", sourceLocation: sourceLocation)
    }
}
