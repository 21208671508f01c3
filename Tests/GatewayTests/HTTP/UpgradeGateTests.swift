import NIOCore
import ServiceLifecycle
import Testing

@testable import Gateway

@Suite struct UpgradeGateTests {
    static let accepted = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

    @Test func upgrade_whenAccepted_opensASocket() async throws {
        try await ServerRig.run { rig in
            let client = try await rig.connect()
            try await client.send(RawClient.handshake())
            try await client.wait(for: "\r\n\r\n")
            #expect(client.text.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"))
            #expect(client.text.contains(Self.accepted))
            #expect(!client.text.lowercased().contains("sec-websocket-protocol"))
            #expect(!client.text.lowercased().contains("sec-websocket-extensions"))
            try await client.send(ClientFrames.text("hi"))
            try await client.wait(forSuffix: [0x81, 2, 0x68, 0x69])
            try await client.send(ClientFrames.close(1000))
            try await client.wait(forSuffix: [0x88, 2, 0x03, 0xE8])
            try await client.waitForEnd()
            try await client.close()
            try await ServerRig.eventually("closed") { rig.log.all.last == "closed" }
            #expect(rig.log.all.filter { $0 != "read" } == ["opened", "text hi", "closed"])
        }
    }

    @Test(
        arguments: [
            (["Sec-WebSocket-Protocol: centrifuge-json, centrifuge-protobuf"], true),
            (["Sec-WebSocket-Protocol:"], false),
            (["Sec-WebSocket-Protocol: other"], false), (["Sec-WebSocket-Extensions: permessage-deflate"], false),
        ] as [([String], Bool)])
    func upgrade_whenSubprotocolsAreOffered_echoesOnlyAKnownOne(fields: [String], echoed: Bool) async throws {
        try await ServerRig.run { rig in
            let client = try await rig.connect()
            try await client.send(RawClient.handshake(with: fields))
            try await client.wait(for: "\r\n\r\n")
            #expect(client.text.contains("101 Switching"))
            #expect(client.text.contains("\r\nSec-WebSocket-Protocol: centrifuge-protobuf\r\n") == echoed)
            #expect(!client.text.lowercased().contains("sec-websocket-extensions"))
        }
    }

    @Test func upgrade_whenTokensAreInAnotherCase_opensASocket() async throws {
        try await ServerRig.run { rig in
            let client = try await rig.connect()
            let fields = ["upgrade: WebSocket", "CONNECTION: UPGRADE"]
            try await client.send(RawClient.handshake(without: ["Upgrade", "Connection"], with: fields))
            try await client.wait(for: "101 Switching")
        }
    }

    @Test func upgrade_whenFramesComeRightBehind_losesNone() async throws {
        try await ServerRig.run { rig in
            let client = try await rig.connect()
            try await client.send(
                Array(RawClient.handshake().utf8) + ClientFrames.text("one") + ClientFrames.text("two"))
            try await client.wait(forSuffix: [0x81, 3, 0x6F, 0x6E, 0x65, 0x81, 3, 0x74, 0x77, 0x6F])
            // The end of the read that brought the handshake is reported, too.
            try await ServerRig.eventually("read") {
                rig.log.all == ["opened", "read", "text one", "text two", "read"]
            }
        }
    }

    @Test func upgrade_whenTheHandshakeComesByteByByte_opensASocket() async throws {
        try await ServerRig.run { rig in
            let client = try await rig.connect()
            for byte in RawClient.handshake().utf8 { try await client.send([byte]) }
            try await client.wait(for: Self.accepted)
        }
    }

    @Test func upgrade_whenRefused_answersWithAProblemAndCloses() async throws {
        try await ServerRig.run { rig in
            let client = try await rig.connect()
            try await client.send(RawClient.handshake(path: "/refused"))
            try await client.waitForEnd()
            #expect(client.text.hasPrefix("HTTP/1.1 401 Unauthorized\r\n"))
            #expect(client.text.contains("Retry-After: 7\r\n"))
            #expect(client.text.contains("Content-Type: application/problem+json"))
            #expect(client.text.contains("Cache-Control: no-store"))
            #expect(client.text.hasSuffix(##""status":401,"title":"Unauthorized","type":"/errors/token-invalid"}"##))
            #expect(rig.log.all == [])
        }
    }

    @Test(
        arguments: [
            (["Sec-WebSocket-Version"], [], "426 Upgrade Required"),
            (["Sec-WebSocket-Version"], ["Sec-WebSocket-Version: 8"], "426 Upgrade Required"),
            (["Sec-WebSocket-Key"], [], "400 Bad Request"),
            (["Sec-WebSocket-Key"], ["Sec-WebSocket-Key: short"], "400 Bad Request"),
            ([], ["Content-Length: 2"], "400 Bad Request"),
        ] as [([String], [String], String)])
    func upgrade_whenTheHandshakeIsBroken_saysSo(without: [String], extra: [String], status: String) async throws {
        try await ServerRig.run { rig in
            let client = try await rig.connect()
            try await client.send(RawClient.handshake(without: Set(without), with: extra))
            try await client.waitForEnd()
            #expect(client.text.hasPrefix("HTTP/1.1 \(status)\r\n"))
            #expect(client.text.contains("Sec-WebSocket-Version: 13\r\n") == status.hasPrefix("426"))
            #expect(rig.log.all == [])
        }
    }

    @Test func upgrade_whenPassed_isAnsweredByTheRouter() async throws {
        try await ServerRig.run { rig in
            let client = try await rig.connect()
            try await client.send(RawClient.handshake(path: "/elsewhere"))
            try await client.waitForEnd()
            #expect(client.text.hasPrefix("HTTP/1.1 404 Not Found\r\n"))
            #expect(client.text.contains(#""type":"/errors/not-found""#))
        }
    }

    @Test func upgrade_whenToH2C_isAnsweredOverHTTP1() async throws {
        try await ServerRig.run { rig in
            let client = try await rig.connect()
            try await client.send(
                "GET /hello HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"
            )
            try await client.waitForEnd()
            #expect(client.text.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(client.text.contains("hello 127.0.0.1"))
        }
    }

    @Test func upgrade_whenTheConnectionServedHTTPBefore_opensASocket() async throws {
        try await ServerRig.run { rig in
            let client = try await rig.connect()
            try await client.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")
            try await client.wait(for: "hello 127.0.0.1")
            try await client.send(Array(RawClient.handshake().utf8) + ClientFrames.text("late"))
            try await client.wait(forSuffix: [0x81, 4] + Array("late".utf8))
            try await client.send(ClientFrames.text("more"))
            try await client.wait(forSuffix: [0x81, 4] + Array("more".utf8))
            try await client.close()
            try await ServerRig.eventually("closed") { rig.log.all.last == "closed" }
        }
    }

    @Test func socket_whenTheClientOnlySendsFIN_isClosed() async throws {
        try await ServerRig.run { rig in
            let client = try await rig.connect()
            try await client.send(RawClient.handshake())
            try await client.wait(for: Self.accepted)
            try await client.closeOutput()
            try await client.waitForEnd()
            try await ServerRig.eventually("closed") { rig.log.all.last == "closed" }
        }
    }

    @Test func socket_whenDropped_endsWithoutACloseFrame() async throws {
        try await ServerRig.run { rig in
            let client = try await rig.connect()
            try await client.send(RawClient.handshake())
            try await client.wait(for: "\r\n\r\n")
            try await client.send(ClientFrames.text("first") + ClientFrames.text(RecordingConversation.dropRequest))
            try await client.waitForEnd()
            #expect(!client.bytes.contains(0x88))
            #expect(rig.log.all.last == "closed")
        }
    }

    @Test func shutdown_whenGraceful_closesSocketsWith3001AndEnds() async throws {
        try await ServerRig.run { rig in
            let open = try await rig.connect()
            try await open.send(RawClient.handshake())
            try await open.wait(for: "\r\n\r\n")
            let idle = try await rig.connect()
            try await idle.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")
            try await idle.wait(for: "hello 127.0.0.1")
            await rig.group.triggerGracefulShutdown()
            try await open.wait(forSuffix: [0x88, 10, 0x0B, 0xB9] + Array("shutdown".utf8))
            try await idle.waitForEnd()
            try await open.send(ClientFrames.close(3001))
            try await open.waitForEnd()
            try await open.close()
            try await ServerRig.eventually("closed") { rig.log.all.last == "closed" }
            await #expect(throws: (any Error).self) { try await rig.connect() }
        }
    }

    @Test func shutdown_whenCancelled_endsWithoutWaitingForAnyone() async throws {
        try await ServerRig.run { rig in
            let open = try await rig.connect()
            try await open.send(RawClient.handshake())
            try await open.wait(for: "\r\n\r\n")
            let slow = try await rig.connect()
            try await slow.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc")
            rig.cancel()
            try await slow.waitForEnd()
            try await open.wait(forSuffix: [0x88, 10, 0x0B, 0xB9] + Array("shutdown".utf8))
        }
    }

    @Test func shutdown_whenTheListenerFails_ends() async throws {
        try await ServerRig.run { rig in
            let open = try await rig.connect()
            try await open.send(RawClient.handshake())
            try await open.wait(for: "\r\n\r\n")
            try await rig.server.listener.close()
            try await open.wait(forSuffix: [0x88, 10, 0x0B, 0xB9] + Array("shutdown".utf8))
        }
    }
}
