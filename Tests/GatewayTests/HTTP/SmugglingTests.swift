import Testing

@testable import Gateway

/// Rows S8 and S9: what two readers could read in two ways, and what is too much of something.
@Suite struct SmugglingTests {
    private static let behind = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"
    private static let post = "POST /echo HTTP/1.1\r\nHost: x\r\n"
    private static let get = "GET /hello HTTP/1.1\r\nHost: x\r\n"

    /// Requests that are answered once, with an error, whatever comes behind them.
    private static let ambiguous: [String] =
        [
            "Content-Length: 3\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 3",
            "Content-Length: 3\r\nContent-Length: 4", "Content-Length: 3\r\nContent-Length: 3", "Content-Length: 3, 3",
            "Content-Length: +5", "Content-Length: -1", "Content-Length: 0x5", "Content-Length: 5 5",
            "Content-Length: ",
            "Content-Length: 99999999999999999999999", "Transfer-Encoding: chunked, identity",
            "Transfer-Encoding: identity", "Transfer-Encoding: identity, chunked", "Transfer-Encoding: xchunked",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "Transfer-Encoding: \u{B}chunked",
            "Transfer-Encoding:\r\n chunked", "Transfer-Encoding : chunked",
        ].map { post + $0 + "\r\n\r\n0\r\n\r\n" }
        + ["0x3", "+3", "zz", "fffffffffffffffff", "3;a\nb", "3\nabc"].map {
            post + "Transfer-Encoding: chunked\r\n\r\n" + $0 + "\r\nabc\r\n0\r\n\r\n"
        }
        + [
            post + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd0\r\n\r\n",
            "POST /echo HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "GET /hello HTTP/1.1\r\nHost : x\r\n\r\n", get + "X: a\r\n b\r\n\r\n", get + "A: b\nC: d\r\n\r\n",
            get + "A: b\rC: d\r\n\r\n", "GET /hello HTTP/1.1\rHost: x\r\n\r\n", get + "A: b\u{0}c\r\n\r\n",
            get + "A\u{0}: b\r\n\r\n", "GET /hello\u{0} HTTP/1.1\r\nHost: x\r\n\r\n", get + "nonsense\r\n\r\n",
            "GET http://evil/hello HTTP/1.1\r\nHost: x\r\n\r\n", "GET evil/hello HTTP/1.1\r\nHost: x\r\n\r\n",
            get + "Host: y\r\n\r\n", "GET /hello HTTP/1.1\r\n\r\n", "GET /hello HTTP/1.1\r\n Host: x\r\n\r\n",
            get + "é: y\r\n\r\n", "GET\t/hello HTTP/1.1\r\nHost: x\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}",
        ]

    @Test func request_thatCanBeReadInTwoWays_isAnsweredOnceAndClosed() async throws {
        try await ServerRig.run { rig in
            for request in Self.ambiguous {
                let text = try await Self.answer(rig, request)
                #expect(text.hasPrefix("HTTP/1.1 400 Bad Request\r\n"), "\(request.debugDescription): \(text)")
                #expect(text.ranges(of: "HTTP/1.").count == 1, "\(request.debugDescription): \(text)")
                #expect(!text.contains("hello"), "\(request.debugDescription)")
            }
            #expect(rig.log.all == [])
        }
    }

    @Test(
        arguments: [
            ((0..<100).map { "x\($0): y\r\n" }.joined(), "431"), (String(repeating: "a:\r\n", count: 65_535), "431"),
            ("X: " + String(repeating: "x", count: 17_000) + "\r\n", "431"),
            (String(repeating: "a:\r\n", count: 4_096), "431"), ("Content-Length: 1073741824\r\n", "413"),
        ] as [(String, String)])
    func header_thatIsABomb_isRefusedAndClosed(fields: String, status: String) async throws {
        try await ServerRig.run { rig in
            let text = try await Self.answer(rig, Self.get + fields + "\r\n")
            #expect(text.hasPrefix("HTTP/1.1 \(status) "), "\(text)")
            #expect(text.ranges(of: "HTTP/1.").count == 1)
        }
    }

    @Test(arguments: [(RequestRules.targetBytesMax, "404"), (RequestRules.targetBytesMax + 1, "414"), (20_000, "431")])
    func target_atAndOverItsBound_isJudged(bytes: Int, status: String) async throws {
        try await ServerRig.run { rig in
            let target = "/" + String(repeating: "u", count: bytes - 1)
            let plain = try await Self.answer(rig, "GET \(target) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            #expect(plain.hasPrefix("HTTP/1.1 \(status) "), "\(plain.prefix(200))")
            let socket = try await Self.answer(rig, RawClient.handshake(path: target), thenMore: false)
            #expect(socket.hasPrefix("HTTP/1.1 \(status) "), "\(socket.prefix(200))")
        }
    }

    @Test func target_withTheHostInIt_isServed() async throws {
        try await ServerRig.run { rig in
            let text = try await Self.answer(
                rig, "GET http://X/hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            #expect(text.hasPrefix("HTTP/1.1 200 OK"))
        }
    }

    private static func answer(_ rig: ServerRig, _ request: String, thenMore: Bool = true) async throws -> String {
        let client = try await rig.connect()
        // A server that has closed already may refuse the rest.
        try? await client.send(request + (thenMore ? behind : ""))
        try await client.waitForEnd()
        return client.text
    }
}
