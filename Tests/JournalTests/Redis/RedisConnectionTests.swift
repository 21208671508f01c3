import Journal
import NIOCore
import NIOPosix
import TestSupport
import Testing

/// A connection against real servers.
@Suite(.enabled(if: RedisServer.isInstalled, "no redis-server"), .timeLimit(.minutes(1)))
struct RedisConnectionTests {
    private let loop = MultiThreadedEventLoopGroup.singleton.next()

    private func address(_ port: Int) throws -> RedisAddress { try RedisAddress(parsing: "redis://127.0.0.1:\(port)") }

    @Test func replies_whenManyCommandsAreInFlight_meetTheirCommandsInOrder() async throws {
        let server = try await RedisServer()
        let connection = try await RedisConnection.connect(to: address(server.port), on: loop)
        let texts = (0..<5_000).map { "text \($0)" }
        let replies = try await connection.send(texts.map { RedisCommand("ECHO", $0) }, deadline: .seconds(5)).get()
        #expect(replies.map(\.text) == texts)
        let empty = try await connection.send(RedisCommand("ECHO", ""), deadline: .seconds(5)).get()
        #expect(empty.text == "")
        let bytes = try await connection.send(
            RedisCommand("ECHO").appending((0...255).map { UInt8($0) }), deadline: .seconds(5)
        ).get()
        #expect(bytes.bytes == (0...255).map { UInt8($0) })
        #expect(try server.command("CLIENT", "LIST").contains("name=anteroom"))
        connection.close()
        _ = try await connection.closeFuture.get()
    }

    @Test func kinds_ofAllReplies_areTold() async throws {
        let server = try await RedisServer()
        let connection = try await RedisConnection.connect(to: address(server.port), on: loop)
        let commands = [
            RedisCommand("SET", "k", "v"), RedisCommand("GET", "none"), RedisCommand("STRLEN", "k"),
            RedisCommand("LPUSH", "k", "x"), RedisCommand("MGET", "k", "none"), RedisCommand("NOSUCH"),
        ]
        let values = try await connection.send(commands, deadline: .seconds(5)).get().map(\.value)
        #expect(values[0] == .simple("OK"))
        #expect(values[1] == .null)
        #expect(values[2] == .integer(1))
        guard case .error(let error) = values[3] else { throw RedisError.closed("no error") }
        #expect(error.kind == .wrongType)
        #expect(values[4] == .array([.string(Array("v".utf8)), .null]))
        guard case .error(let unknown) = values[5] else { throw RedisError.closed("no error") }
        #expect(unknown.kind == .other && unknown.code == "ERR")
    }

    @Test func deadline_whenItPasses_closesAndAnswersNobodyElse() async throws {
        let server = try await RedisServer()
        let connection = try await RedisConnection.connect(to: address(server.port), on: loop)
        server.pause()
        let late = connection.send(RedisCommand("ECHO", "late"), deadline: .milliseconds(50))
        let next = connection.send(RedisCommand("ECHO", "next"), deadline: .seconds(30))
        for future in [late, next] {
            await #expect(
                throws: RedisError.timedOut("Redis at \(connection.address.place) did not answer within the deadline")
            ) {
                _ = try await future.get()
            }
        }
        server.resume()
        let after = connection.send(RedisCommand("ECHO", "after"), deadline: .seconds(5))
        await #expect(throws: RedisError.self) { _ = try await after.get() }
        guard case .timedOut = try await connection.closeFuture.get() else { throw RedisError.closed("other reason") }
    }

    @Test func pipeline_whenCutInTheMiddle_failsWhatHasNoReply() async throws {
        let server = try await RedisServer()
        let proxy = try await FaultProxy(to: server.port)
        let connection = try await RedisConnection.connect(to: address(proxy.port), on: loop)
        try await proxy.set(.cut(afterBytes: 20_000))
        let outcomes = Box<[Bool]>([])
        let commands = (0..<2_000).map { RedisCommand("INCRBY", "counter", "\($0 % 7)") }
        try await loop.submit {
            connection.sendOnLoop(commands, deadline: .seconds(10)) { result in
                outcomes.with { outcomes in
                    if case .success = result { outcomes.append(true) } else { outcomes.append(false) }
                }
            }
        }.get()
        _ = try await connection.closeFuture.get()
        try await eventually("every command is told its outcome") { outcomes.value.count == 2_000 }
        #expect(outcomes.value.last == false)
        // Whoever got a reply came before whoever got none.
        #expect(outcomes.value == outcomes.value.sorted { $0 && !$1 })
    }

    @Test func replies_inSlicesOfOneByte_areTheSame() async throws {
        let server = try await RedisServer()
        let proxy = try await FaultProxy(to: server.port)
        let connection = try await RedisConnection.connect(to: address(proxy.port), on: loop)
        try await proxy.set(.slice(bytes: 1))
        let texts = (0..<20).map { "text \($0)" }
        let replies = try await connection.send(texts.map { RedisCommand("ECHO", $0) }, deadline: .seconds(10)).get()
        #expect(replies.map(\.text) == texts)
    }

    @Test func blackHole_whenConnecting_isToldWithinTheDeadline() async throws {
        let server = try await RedisServer()
        let proxy = try await FaultProxy(to: server.port)
        try await proxy.set(.blackHole)
        var opening = RedisOpening()
        opening.deadline = .milliseconds(100)
        let target = try address(proxy.port)
        await #expect(throws: RedisError.timedOut("Redis at \(target.place) did not answer within the deadline")) {
            _ = try await RedisConnection.connect(to: target, on: loop, opening)
        }
    }

    @Test func bound_ofCommandsInFlight_refusesWhatIsOver() async throws {
        let server = try await RedisServer()
        var opening = RedisOpening()
        opening.limits.inFlightMax = 10
        let connection = try await RedisConnection.connect(to: address(server.port), on: loop, opening)
        server.pause()
        let within = connection.send((0..<10).map { RedisCommand("ECHO", "\($0)") }, deadline: .seconds(10))
        let over = connection.send(RedisCommand("SET", "over", "1"), deadline: .seconds(10))
        await #expect(throws: RedisError.busy("more than 10 commands wait for Redis")) { _ = try await over.get() }
        server.resume()
        #expect(try await within.get().count == 10)
        #expect(try server.command("GET", "over") == "$-1")
    }

    @Test func connection_whenTheServerIsKilled_failsWhatIsInFlight() async throws {
        let server = try await RedisServer()
        let connection = try await RedisConnection.connect(to: address(server.port), on: loop)
        let waiting = connection.send(RedisCommand("BLPOP", "none", "0"), deadline: .seconds(30))
        try await eventually("the command blocks") {
            try server.command("INFO", "clients").contains("blocked_clients:1")
        }
        try await server.kill9()
        await #expect(throws: RedisError.self) { _ = try await waiting.get() }
        guard case .closed = try await connection.closeFuture.get() else { throw RedisError.closed("other reason") }
    }

    @Test func server_thatNobodyRuns_isUnreachable() async throws {
        let port = try PortAllocator.free()
        await #expect(throws: RedisError.unreachable("no connection to Redis at 127.0.0.1:\(port): connection refused"))
        {
            _ = try await RedisConnection.connect(to: address(port), on: loop)
        }
        await #expect(throws: RedisError.unreachable("no connection to Redis at /nowhere/redis.sock: no such file")) {
            _ = try await RedisConnection.connect(to: RedisAddress(parsing: "unix:///nowhere/redis.sock"), on: loop)
        }
    }
}
