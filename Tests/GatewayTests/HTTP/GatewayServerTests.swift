import Hummingbird
import Logging
import NIOCore
import NIOPosix
import Testing

@testable import Gateway

@Suite struct GatewayServerTests {
    private static let get = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"

    /// What comes back for `request` until the server closes.
    private func answer(_ request: String, limits: TransportLimits = TransportLimits()) async throws -> String {
        let answer = Answer()
        try await ServerRig.run(limits: limits) { rig in
            let client = try await rig.connect()
            try await client.send(request)
            try await client.waitForEnd()
            answer.log.add(client.text)
        }
        return answer.log.all.first ?? ""
    }

    private struct Answer { let log = ConversationLog() }

    @Test func requests_whenOneConnectionIsKept_areAnsweredInTurn() async throws {
        try await ServerRig.run { rig in
            let client = try await rig.connect()
            try await client.send(Self.get)
            try await client.wait(for: "hello 127.0.0.1")
            try await client.send(Self.get)
            try await client.wait(for: "hello 127.0.0.1", times: 2)
            try await client.send(Self.get + Self.get + Self.get)
            try await client.wait(for: "hello 127.0.0.1", times: 5)
            #expect(!client.sawEnd)
            #expect(client.text.contains("Date: ") || client.text.contains("date: "))
        }
    }

    @Test(arguments: ["Connection: close", "connection: Close", "Connection: x, close"])
    func request_whenItIsTheLast_closesTheConnection(field: String) async throws {
        let text = try await self.answer("GET /hello HTTP/1.1\r\nHost: x\r\n\(field)\r\n\r\n")
        #expect(text.hasPrefix("HTTP/1.1 200 OK"))
        #expect(text.contains("Connection: close"))
    }

    @Test func request_whenHTTP10_closesTheConnection() async throws {
        let text = try await self.answer("GET /hello HTTP/1.0\r\n\r\n")
        #expect(text.hasPrefix("HTTP/1.0 200 OK"))
        #expect(text.hasSuffix("hello 127.0.0.1"))
    }

    @Test func header_whenAtOrOverTheFieldLimit_isServedOr431() async throws {
        let hundred = (0..<98).map { "x\($0): y\r\n" }.joined()
        let text = try await self.answer("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\(hundred)\r\n")
        #expect(text.hasPrefix("HTTP/1.1 200 OK"))
        let over = try await self.answer(
            "GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\(hundred)z: z\r\n\r\n")
        #expect(over.hasPrefix("HTTP/1.1 431 Request Header Fields Too Large"))
        #expect(over.contains("application/problem+json"))
        #expect(over.ranges(of: "HTTP/1.1").count == 1)
    }

    @Test(arguments: [
        "X: " + String(repeating: "x", count: 17000) + "\r\n",
        (0..<9).map { "x\($0): " + String(repeating: "y", count: 2000) + "\r\n" }.joined(),
        "X: " + String(repeating: "x", count: 17000),
    ])
    func header_whenOver16KiB_is431(fields: String) async throws {
        let text = try await self.answer("GET /hello HTTP/1.1\r\nHost: x\r\n\(fields)\r\n")
        #expect(text.hasPrefix("HTTP/1.1 431 "))
    }

    @Test(arguments: [
        "NONSENSE\r\n\r\n", "GET /hello HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "GET /hello HTTP/1.1\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\nabc",
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "POST /echo HTTP/1.1\r\nHost : x\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}",
    ])
    func request_whenBroken_isAnsweredOnceAndNothingBehindItRuns(request: String) async throws {
        let text = try await self.answer(request + Self.get)
        #expect(text.hasPrefix("HTTP/1.1 400 Bad Request\r\n"), "\(text)")
        #expect(text.ranges(of: "HTTP/1.").count == 1)
        #expect(!text.contains("hello"))
    }

    @Test func request_whenBrokenBehindAGoodOne_isAnsweredAfterIt() async throws {
        let text = try await self.answer(Self.get + "NONSENSE\r\n\r\n" + Self.get)
        #expect(text.hasPrefix("HTTP/1.1 200 OK"))
        #expect(text.ranges(of: "HTTP/1.1 ").count == 2)
        #expect(text.contains("HTTP/1.1 400 Bad Request"))
    }

    @Test func body_whenAnnouncedOverTheLimit_is413BeforeItComes() async throws {
        let text = try await self.answer("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1073741824\r\n\r\nabc")
        #expect(text.hasPrefix("HTTP/1.1 413 Payload Too Large\r\n"))
    }

    @Test(arguments: ["/echo", "/ignore"])
    func body_whenChunkedOverTheLimit_isNotReadOn(path: String) async throws {
        var limits = TransportLimits()
        limits.maxBodyBytes = 10
        let text = try await self.answer(
            "POST \(path) HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n12345678\r\n8\r\n12345678\r\n",
            limits: limits
        )
        #expect(text.ranges(of: "HTTP/1.1 ").count == 1, "\(text)")
        #expect(text.hasPrefix("HTTP/1.1 413 ") || (path == "/ignore" && text.hasPrefix("HTTP/1.1 200 ")))
    }

    @Test func body_whenUpToTheLimit_reachesTheRoute() async throws {
        let body = String(repeating: "b", count: 1 << 20)
        let text = try await self.answer(
            "POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: \(body.count)\r\n\r\n\(body)"
        )
        #expect(text.hasPrefix("HTTP/1.1 200 OK"))
        #expect(text.hasSuffix(body))
    }

    @Test func body_whenTheClientWaitsForAWord_getsIt() async throws {
        try await ServerRig.run { rig in
            let client = try await rig.connect()
            try await client.send("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
            try await client.wait(for: "HTTP/1.1 100 Continue\r\n\r\n")
            try await client.send("abc")
            try await client.wait(for: "abc")
            #expect(client.text.contains("HTTP/1.1 200 OK"))
        }
    }

    @Test func body_whenItBreaksInTheMiddleOfTheResponse_endsTheResponse() async throws {
        try await ServerRig.run { rig in
            let client = try await rig.connect()
            try await client.send("POST /mirror HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
            try await client.wait(for: "abc")
            try await client.send("zz\r\n" + Self.get)
            try await client.waitForEnd()
            #expect(client.text.ranges(of: "HTTP/1.").count == 1, "\(client.text)")
            #expect(!client.text.hasSuffix("0\r\n\r\n"), "a broken response must not look complete")
        }
    }

    @Test func response_whenNobodyReadsIt_isGivenUp() async throws {
        var limits = TransportLimits()
        limits.writeStall = .milliseconds(50)
        try await ServerRig.run(limits: limits) { rig in
            let client = try await rig.connect()
            try await client.stopReading()
            try await client.send("GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
            try await ServerRig.eventually("the route is stopped") { rig.log.all == ["stopped"] }
        }
    }

    @Test func deadlines_whenAClientDrips_endTheConnection() async throws {
        var header = TransportLimits()
        header.headerDeadline = .milliseconds(50)
        #expect(try await self.answer("GET /hello HTTP/1.1\r\nHos", limits: header) == "")
        var body = TransportLimits()
        body.bodyDeadline = .milliseconds(50)
        let late = try await self.answer("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc", limits: body)
        #expect(late.hasPrefix("HTTP/1.1 408 Request Timeout"))
        var idle = TransportLimits()
        idle.keepAliveIdle = .seconds(1)
        #expect(try await self.answer(Self.get, limits: idle).hasSuffix("hello 127.0.0.1"))
    }

    @Test(arguments: [
        ("GET /none", "404 Not Found", #""code":"not-found""#),
        ("PATCH /items/7", "405 Method Not Allowed", "DELETE, GET"),
        ("GET /teapot", "418 ", #""code":"teapot","detail":"Short.""#),
        ("GET /broken", "500 Internal Server Error", #""type":"/errors/internal-server-error""#),
    ])
    func error_whenARouteFails_isAProblem(request: String, status: String, part: String) async throws {
        let text = try await self.answer("\(request) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        #expect(text.hasPrefix("HTTP/1.1 \(status)"), "\(text)")
        #expect(text.contains("application/problem+json"))
        #expect(text.contains("no-store"))
        #expect(text.contains(part))
        #expect(!text.contains("hunter2"))
    }

    @Test func bind_whenItCannot_saysWhyInOneSentence() async throws {
        try await ServerRig.run { rig in
            let port = rig.server.port
            for (host, port, error) in [
                ("127.0.0.1", port, .portTaken(host: "127.0.0.1", port: port)),
                ("127.0.0.1", 70000, .portOutOfRange(70000)),
                ("no such host", 0, .hostUnknown("no such host")), ("192.0.2.1", 0, .hostNotOurs("192.0.2.1")),
            ] as [(String, Int, GatewayServerError)] {
                await #expect(throws: error) {
                    _ = try await GatewayServer.bind(
                        host: host, port: port, router: .init(context: GatewayRequestContext.self),
                        upgrades: TestUpgrades(log: rig.log), group: MultiThreadedEventLoopGroup.singleton,
                        logger: .init(label: "test")
                    )
                }
                #expect(!"\(error)".contains("\n"))
            }
        }
    }

    @Test func date_whenFormatted_followsHTTP() {
        #expect(DateStamp.text(of: 784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
    }
}
