import Foundation
import TestSupport
import Testing

extension ProcessTests {
    /// Row P8: random and mutated bytes, before and after the upgrade, and random commands. The process lives, its memory is bounded.
    ///
    /// `ANTEROOM_FUZZ_SECONDS` and `ANTEROOM_FUZZ_SEED` make a longer run, or the same one again.
    @Suite struct FuzzTests {
        private static let environment = ProcessInfo.processInfo.environment
        private static let seconds = environment["ANTEROOM_FUZZ_SECONDS"].flatMap { Int($0) } ?? 6
        private static let workers = 6
        /// Growth that many connections in a debug build, with their buffers and journal, may cause.
        private static let growthMax = 256 << 20

        @Test func server_underRandomInput_livesAndStaysSmall() async throws {
            let seed = Self.environment["ANTEROOM_FUZZ_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 1...999_999)
            print("fuzz: ANTEROOM_FUZZ_SEED=\(seed), \(Self.seconds) s")
            try await ServerProcess.run(environment: ["WS_MESSAGES_PER_MINUTE": "6000"]) { server in
                let http = TestHTTP(port: server.port)
                let before = try await Self.resident(http)
                let end = ContinuousClock.now + .seconds(Self.seconds)
                let rounds = try await withThrowingTaskGroup(of: Int.self) { tasks in
                    for worker in 0..<Self.workers {
                        let port = server.port
                        tasks.addTask {
                            try await Self.work(FuzzInput(seed: seed &+ UInt64(worker) << 32), port, until: end)
                        }
                    }
                    return try await tasks.reduce(0, +)
                }
                #expect(rounds > Self.workers)
                #expect(server.exitStatus == nil, "seed \(seed): \(server.output.suffix(2_000))")
                #expect(try await http.get("/health/ready").status == 200, "seed \(seed)")
                let growth = try await Self.resident(http) - before
                #expect(growth < Self.growthMax, "seed \(seed): grew by \(growth >> 20) MiB in \(rounds) rounds")
                try await eventually("seed \(seed): every connection is let go") {
                    try await http.get("/health").json?["connections"]?["total"] == 0
                }
            }
        }

        private static func resident(_ http: TestHTTP) async throws -> Int {
            try #require(try await http.get("/health").json?["memory"]?["rss"]?.int)
        }

        /// Sends one input after the other, each on a connection of its own, which the server must end.
        private static func work(_ input: FuzzInput, _ port: Int, until end: ContinuousClock.Instant) async throws
            -> Int
        {
            var (input, rounds) = (input, 0)
            while ContinuousClock.now < end {
                let socket = try await RawSocket.connect(port: port)
                let bytes = input.next()
                var rest = bytes[...]
                while !rest.isEmpty, !socket.isOver {
                    let part = rest.prefix(input.cut(rest.count))
                    await socket.send(Array(part))
                    rest = rest.dropFirst(part.count)
                }
                await socket.closeOutput()
                try await eventually(within: .seconds(20), "the end of a connection after \(bytes.count) bytes") {
                    socket.isOver
                }
                rounds += 1
            }
            return rounds
        }
    }
}

/// Inputs of a seed, one after the other.
struct FuzzInput: Sendable {
    private var generator: SeededGenerator

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    private static let requests = [
        "GET /health HTTP/1.1\r\nHost: x\r\n\r\n", "GET /events/a?lastEventId=x:1 HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST /api/publish HTTP/1.1\r\nHost: x\r\nContent-Length: 26\r\n\r\n{\"channel\":\"a:1\",\"data\":1}",
        "POST /api/batch HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n0\r\n\r\n",
        "POST /api/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n{}",
        "PATCH /api/sessions/AAAA HTTP/1.1\r\nHost: x\r\nIf-Match: \"1\"\r\nContent-Length: 2\r\n\r\n{}",
        "POST /api/persistent-session/create HTTP/1.1\r\nHost: x\r\nCookie: a=%\r\nContent-Length: 2\r\n\r\n{}",
        "GET /ws/persistent-session?hash=1&activityName=x HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n",
    ]
    private static let commands = [
        #"{"id":1,"connect":{}}"#, #"{"id":2,"subscribe":{"channel":"a:1","recover":true,"offset":1,"epoch":"x"}}"#,
        #"{"id":3,"publish":{"channel":"a:1","data":{"n":1}}}"#, #"{"id":4,"history":{"channel":"a:1","limit":10}}"#,
        #"{"id":5,"rpc":{"method":"session.get","data":{"id":"x"}}}"#, "{}", #"{"id":6,"presence":{"channel":"a:1"}}"#,
        #"{"id":7,"unsubscribe":{"channel":"a:1"}}"#, #"{"id":8,"refresh":{"token":"e30.e30.x"}}"#,
        #"{"id":9,"rpc":{"method":"waiting.join","data":{"hash":"x"}}}"#, #"{"id":4294967296,"ping":{}}"#,
    ]
    private static let upgrade =
        "GET /connection/websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

    /// How many of some bytes are sent at once.
    mutating func cut(_ count: Int) -> Int {
        generator.happens(oneIn: 3) ? 1 + generator.index(below: count) : count
    }

    /// What one connection sends.
    mutating func next() -> [UInt8] {
        switch generator.index(below: 6) {
        case 0: noise(4_096)
        case 1: mutated(Array(generator.pick(Self.requests).utf8))
        case 2: Array(Self.upgrade.utf8) + noise(4_096)
        case 3: Array(Self.upgrade.utf8) + frames { $0.text() }
        case 4: Array(Self.upgrade.utf8) + mutated(frames { $0.text() })
        default: Array(Self.upgrade.utf8) + frames { $0.noise(200) }
        }
    }

    /// A command as it should be, or one with some bytes changed, or several.
    private mutating func text() -> [UInt8] {
        let command = Array(generator.pick(Self.commands).utf8)
        if generator.happens(oneIn: 4) { return mutated(command) }
        return generator.happens(oneIn: 4) ? command + [0x0A] + text() : command
    }

    private mutating func noise(_ most: Int) -> [UInt8] {
        (0..<generator.index(below: most)).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
    }

    /// Some bytes changed, doubled or left out.
    private mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<(1 + generator.index(below: 5)) where !bytes.isEmpty {
            let place = generator.index(below: bytes.count)
            switch generator.index(below: 4) {
            case 0: bytes[place] = UInt8(truncatingIfNeeded: generator.next())
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(contentsOf: bytes[place...].prefix(40), at: place)
            default: bytes[place] ^= 1 << UInt8(generator.index(below: 8))
            }
        }
        return bytes
    }

    /// A connect, most of the time, and frames that are mostly text.
    private mutating func frames(_ payload: (inout FuzzInput) -> [UInt8]) -> [UInt8] {
        var bytes = generator.happens(oneIn: 4) ? [] : Self.frame(first: 0x81, Array(Self.commands[0].utf8))
        for _ in 0..<(1 + generator.index(below: 40)) {
            let first: UInt8 = generator.happens(oneIn: 5) ? UInt8(truncatingIfNeeded: generator.next()) : 0x81
            bytes += Self.frame(first: first, payload(&self))
        }
        return bytes
    }

    /// A frame masked with zeros.
    private static func frame(first: UInt8, _ payload: [UInt8]) -> [UInt8] {
        let count = payload.count
        let length: [UInt8] =
            count < 126 ? [0x80 | UInt8(count)] : [0xFE, UInt8(count >> 8 & 0xFF), UInt8(count & 0xFF)]
        return [first] + length + [0, 0, 0, 0] + payload
    }
}
