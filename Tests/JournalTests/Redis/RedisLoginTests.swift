import Journal
import NIOCore
import NIOPosix
import TestSupport
import Testing

/// The ways in: passwords, TLS, unix sockets, databases.
@Suite(.enabled(if: RedisServer.isInstalled, "no redis-server"), .timeLimit(.minutes(1)))
struct RedisLoginTests {
    private let loop = MultiThreadedEventLoopGroup.singleton.next()

    private func connect(_ url: String) async throws(RedisError) -> RedisConnection {
        try await RedisConnection.connect(to: RedisAddress(parsing: url), on: loop)
    }

    @Test func password_decidesWhoGetsIn() async throws {
        var options = RedisServer.Options()
        options.password = "p@ss:/é"
        let server = try await RedisServer(options)
        let place = "127.0.0.1:\(server.port)"
        for login in [":p%40ss%3A%2F%C3%A9@", "default:p%40ss%3A%2F%C3%A9@"] {
            let connection = try await connect("redis://\(login)\(place)")
            #expect(try await connection.send(RedisCommand("PING"), deadline: .seconds(5)).get().text == "PONG")
        }
        for login in ["", ":wrong@", "nobody:p%40ss@"] {
            do throws(RedisError) {
                _ = try await connect("redis://\(login)\(place)")
                Issue.record("\(login) got in")
            } catch {
                guard case .authentication(let sentence) = error else {
                    Issue.record("\(error)")
                    continue
                }
                #expect(!sentence.contains("wrong") && sentence.contains("password"))
            }
        }
    }

    @Test func password_whereNoneIsWanted_isRefused() async throws {
        let server = try await RedisServer()
        await #expect {
            _ = try await connect("redis://:secret@127.0.0.1:\(server.port)")
        } throws: { error in
            guard case RedisError.authentication = error else { return false }
            return true
        }
    }

    @Test func database_isSelected_overTCPAndUnixSocket() async throws {
        let server = try await RedisServer()
        for url in ["redis://127.0.0.1:\(server.port)/3", "redis+unix://\(server.socketPath)?db=3"] {
            let connection = try await connect(url)
            _ = try await connection.send(RedisCommand("INCR", "in three"), deadline: .seconds(5)).get()
        }
        #expect(try server.command("EXISTS", "in three") == ":0")
        #expect(try server.command("INFO", "keyspace").contains("db3:keys=1"))
        let refusal = "Redis has no database 99: Redis refused the command: ERR DB index is out of range"
        await #expect(throws: RedisError.badAddress(refusal)) {
            _ = try await connect("redis://127.0.0.1:\(server.port)/99")
        }
    }

    @Test func certificate_isVerified() async throws {
        let certificate = try await TestCertificate()
        var options = RedisServer.Options()
        options.certificate = certificate
        let server = try await RedisServer(options)
        for host in ["127.0.0.1", "localhost"] {
            let connection = try await connect("rediss://\(host):\(server.port)?ca=\(certificate.certificatePath)")
            let texts = (0..<200).map { String(repeating: "\($0) ", count: 200) }
            let replies = try await connection.send(texts.map { RedisCommand("ECHO", $0) }, deadline: .seconds(5)).get()
            #expect(replies.map(\.text) == texts)
        }
        let other = try await TestCertificate()
        let urls = [
            "rediss://127.0.0.1:\(server.port)", "rediss://127.0.0.1:\(server.port)?ca=\(other.certificatePath)",
            "rediss://127.0.0.1:\(server.port)?ca=/nowhere.pem", "redis://127.0.0.1:\(server.port)",
        ]
        for url in urls {
            await #expect {
                _ = try await connect(url)
            } throws: { error in
                guard case RedisError.unreachable = error else { return false }
                return true
            }
        }
    }

    @Test(arguments: [true, false])
    func messages_ofASubscription_arriveInOrderWithoutBeingAsked(isSharded: Bool) async throws {
        let server = try await RedisServer()
        let connection = try await connect("redis://127.0.0.1:\(server.port)")
        let pushes = Box<[RedisPush]>([])
        try await connection.subscribe(
            to: [Array("{0}a".utf8), Array("{0}b".utf8)], isSharded: isSharded, deadline: .seconds(5)
        ) { push in pushes.with { $0.append(push) } }.get()
        let publish = isSharded ? "SPUBLISH" : "PUBLISH"
        for number in 0..<50 { try server.command(publish, number.isMultiple(of: 2) ? "{0}a" : "{0}b", "\(number)") }
        try await eventually("all messages arrive") { pushes.value.count == 50 }
        let expected = (0..<50).map { number in
            RedisPush.message(
                channel: Array((number.isMultiple(of: 2) ? "{0}a" : "{0}b").utf8), payload: Array("\(number)".utf8))
        }
        #expect(pushes.value == expected)
        let ping = try await connection.send(RedisCommand("PING"), deadline: .seconds(5)).get()
        #expect(ping[0]?.text == "pong")
    }
}
