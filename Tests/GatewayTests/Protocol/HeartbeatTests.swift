import NIOCore
import NIOEmbedded
import TestSupport
import Testing

@testable import Gateway

@Suite struct HeartbeatTests {
    private static let pings: [String] = ["{}"]

    @Test func ping_whenOneClientIsWatched_isInsideTheIntervalAndRepeats() async throws {
        for _ in 0..<20 {
            try await GatewayRig.run { rig in
                await rig.advance(milliseconds: 250 * Int64.random(in: 0..<8))
                let client = try await rig.connect()
                let first = try await Self.firstPing(client, rig)
                #expect((12_500..<25_000).contains(first))
                try await client.send("{}")
                #expect(try await Self.firstPing(client, rig) == 25_000)
                #expect(try await client.closes() == [])
            }
        }
    }

    /// Milliseconds until a ping comes.
    private static func firstPing(_ client: RigClient, _ rig: GatewayRig) async throws -> Int64 {
        for step in 1...200 {
            await rig.advance(milliseconds: 250)
            if try await client.received() == pings { return Int64(step) * 250 }
        }
        return -1
    }

    /// Row P7: a peer that vanished is found by its missing pong.
    @Test func pong_whenMissing_closesWith3012AfterItsTime() async throws {
        try await GatewayRig.run { rig in
            let client = try await rig.connect()
            _ = try await Self.firstPing(client, rig)
            await rig.advance(milliseconds: 7_750)
            #expect(try await client.closes() == [])
            await rig.advance(milliseconds: 250)
            #expect(try await client.closes() == [3012])
            #expect(client.framesAfterClose == 0)
        }
    }

    @Test func pong_whenItComesTwiceOrUnasked_is3501() async throws {
        try await GatewayRig.run { rig in
            let client = try await rig.connect()
            _ = try await Self.firstPing(client, rig)
            try await client.send("{}")
            #expect(try await client.closes() == [])
            try await client.send("{}")
            #expect(try await client.closes() == [3501])
        }
    }

    @Test(arguments: [0, 1_000, 25_000, 250_000, 3_600_000] as [Int64])
    func stale_whenNobodyConnects_closesAfterTenSeconds(pingInterval: Int64) async throws {
        try await GatewayRig.run(GatewayRig.closed(anonymous: true, pingInterval: pingInterval)) { rig in
            await rig.advance(milliseconds: 1_750)
            let (silent, live) = (try await rig.open(), try await rig.connect())
            let refused = try await rig.open()
            try await refused.send(#"{"id":1,"connect":{"token":"\#(try rig.token("7", seconds: -1))"}}"#)
            await rig.advance(milliseconds: 9_750)
            #expect(try await silent.closes() == [])
            await rig.advance(milliseconds: 1_500)
            #expect(try await silent.closes() == [3502])
            #expect(try await refused.closes() == [3502])
            #expect(try await live.closes().filter { $0 != 3012 } == [])
        }
    }

    @Test func pings_whenOff_areNeitherPromisedNorSent() async throws {
        try await GatewayRig.run(GatewayRig.closed(anonymous: true, pingInterval: 0)) { rig in
            let client = try await rig.open()
            let lines = try await client.ask(#"{"id":1,"connect":{}}"#)
            #expect(lines.first?.hasSuffix(#""version":"0.1.0 anteroom"}}"#) ?? false)
            await rig.advance(milliseconds: 60_000)
            #expect(try await client.received() == [])
            #expect(try await client.closes() == [])
        }
    }

    /// Row S4: a token that ends closes its connection, at most a second behind the grace, unless another came.
    @Test(arguments: [0, 25_000] as [Int64])
    func credentials_whenTheyEnd_closeWith3005AfterTheGrace(pingInterval: Int64) async throws {
        try await GatewayRig.run(GatewayRig.closed(pingInterval: pingInterval)) { rig in
            let tokens = [try rig.token("7", seconds: 5), try rig.token("7", seconds: 100)]
            let short = try await rig.connect(token: tokens[0])
            let long = try await rig.connect(token: tokens[1])
            let renewed = try await rig.connect(token: tokens[0])
            try await renewed.send(#"{"id":2,"refresh":{"token":"\#(tokens[1])"}}"#)
            for step in 1...120 {
                await rig.advance(milliseconds: 250)
                for client in [short, long, renewed] where try await client.received().contains("{}") {
                    try await client.send("{}")
                }
                if step == 118 { #expect(try await short.closes() == []) }
            }
            await rig.advance(milliseconds: 1_000)
            #expect(try await short.closes() == [3005], "at most a second late")
            #expect(try await long.closes() == [])
            #expect(try await renewed.closes() == [])
        }
    }

    @Test func credentials_whenEverythingIsOpen_neverEnd() async throws {
        var configuration = GatewayConfiguration(pingIntervalMilliseconds: 0)
        configuration.tokens = TokenVerifier(secret: GatewayRig.secret)
        try await GatewayRig.run(configuration) { rig in
            let client = try await rig.connect(token: try rig.token("7", seconds: 5))
            await rig.advance(milliseconds: 120_000)
            #expect(try await client.closes() == [])
        }
    }

    @Test func bookkeeping_whenClientsComeAndGoAtRandom_givesEachAPlaceOfItsOwn() async throws {
        try await GatewayRig.run { rig in
            let (core, loop) = (rig.core, rig.loop)
            try await loop.executeInContext { try Self.comeAndGo(core, loop) }
        }
    }

    private static func comeAndGo(_ core: GatewayCore, _ loop: any EventLoop) throws {
        let seat = try #require(core.seat(of: loop))
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededGenerator(seed: seed)
        let heartbeat = Heartbeat(eventLoop: loop, configuration: core.configuration) { 0 }
        var (present, absent): ([ClientConnection], [ClientConnection]) = ([], [])
        for _ in 0..<4_000 {
            if present.count < 80, random.index(below: 2) == 0 {
                let connection = absent.popLast() ?? ClientConnection(core: core, seat: seat)
                heartbeat.join(connection)
                present.append(connection)
            } else if !present.isEmpty {
                let gone = present.remove(at: random.index(below: present.count))
                heartbeat.leave(gone)
                if random.happens(oneIn: 4) { heartbeat.leave(gone) }
                #expect(gone.beat == nil, "seed \(seed)")
                absent.append(gone)
            }
            let places = Set(present.compactMap { $0.beat.map { "\($0.slot)/\($0.index)" } })
            #expect(places.count == present.count, "seed \(seed)")
            #expect(heartbeat.count == present.count, "seed \(seed)")
        }
        for connection in present { heartbeat.leave(connection) }
        #expect(heartbeat.count == 0)
    }

    @Test(arguments: [(100, 10), (1_000, 10), (4_000, 2), (300, 0)])
    func goodbyes_whenMany_arePacedInsideTheDrainTime(count: Int, seconds: Int) async throws {
        try await GatewayRig.run { rig in
            let (core, loop) = (rig.core, rig.loop)
            let times = try await loop.executeInContext { try Self.goodbyes(count, seconds, core, loop) }
            #expect(times == times.sorted())
            #expect(times.prefix(ClientLimits.drainBurst).allSatisfy { $0 == 0 })
            #expect(times.allSatisfy { $0 <= Int64(seconds) * 1_000 })
            guard seconds > 0 else { return }
            let fair = max(ClientLimits.drainPerSecond, count / seconds) / 10
            for start in stride(from: Int64(0), to: Int64(seconds) * 1_000, by: 100) {
                let inStep = times.filter { $0 > start && $0 <= start + 100 }.count
                #expect(inStep <= fair + 1, "no herd, not even in the end")
            }
        }
    }

    /// When each of some clients is told to go. Units: milliseconds.
    private static func goodbyes(
        _ count: Int, _ seconds: Int, _ core: GatewayCore, _ loop: any EventLoop
    ) throws -> [Int64] {
        let seat = try #require(core.seat(of: loop))
        var configuration = core.configuration
        configuration.drainSeconds = seconds
        let heartbeat = Heartbeat(eventLoop: loop, configuration: configuration) { 0 }
        for _ in 0..<count { heartbeat.join(ClientConnection(core: core, seat: seat)) }
        var times: [Int64] = []
        for _ in 0..<count { times.append(heartbeat.nextGoodbye().nanoseconds / 1_000_000) }
        return times
    }
}
