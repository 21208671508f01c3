import NIOCore
import NIOEmbedded
import Testing

@testable import Gateway

/// Row P6: floods of messages, pings, fragments and single bytes end with a verdict on their rate.
@Suite struct FloodTests {
    private struct Rig {
        let channel = EmbeddedChannel()
        let log = ConversationLog()

        init(perMinute: Int) throws {
            let socket = WebSocketHandler(
                eventLoop: channel.embeddedEventLoop, maxMessageBytes: 65_536,
                terms: SocketTerms(messagesPerMinute: perMinute), conversation: RecordingConversation(log: log))
            try channel.pipeline.syncOperations.addHandler(socket)
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
            socket.start()
        }

        /// Sends until something is closed; the number of sends, at most `limit`.
        func flood(_ bytes: [UInt8], limit: Int) throws -> Int {
            for number in 1...limit {
                try channel.writeInbound(ByteBuffer(bytes: bytes))
                if try sent().contains(Self.close) { return number }
            }
            return limit + 1
        }

        /// The close frame with 3013.
        private static let close: [UInt8] = [0x88, 19, 0x0B, 0xC5] + Array("too many requests".utf8)

        func sent() throws -> [UInt8] {
            var bytes: [UInt8] = []
            while let next = try channel.readOutbound(as: ByteBuffer.self) { bytes += next.readableBytesView }
            return bytes
        }
    }

    @Test(
        arguments: [
            (ClientFrames.text("x"), 1_000), (ClientFrames.text(""), 1_000), (ClientFrames.ping(""), 1_000),
            (ClientFrames.frame(first: 0x8A, payload: []), 1_000),
            (ClientFrames.frame(first: 0x82, payload: [1]), 1_000),
        ] as [([UInt8], Int)])
    func flood_ofOneKind_isClosedWith3013(frame: [UInt8], expected: Int) throws {
        let rig = try Rig(perMinute: 6_000)
        #expect(try rig.flood(frame, limit: 3_000) == expected)
        let texts = rig.log.all.filter { $0.hasPrefix("text") || $0 == "pong" || $0.hasPrefix("binary") }.count
        #expect(texts <= 500, "what was refused is not handed over")
    }

    @Test func flood_ofFragmentsOfOneByte_isClosedWith3013() throws {
        let rig = try Rig(perMinute: 6_000)
        try rig.channel.writeInbound(ByteBuffer(bytes: ClientFrames.text("a", isFinal: false)))
        let fragment = ClientFrames.continuation("b", isFinal: false)
        let end = Array(repeating: fragment, count: 256).flatMap { $0 }
        var message = 0
        while try rig.flood(end, limit: 250) > 250 {
            message += 1
            try rig.channel.writeInbound(
                ByteBuffer(bytes: ClientFrames.continuation("", isFinal: true) + ClientFrames.text("a", isFinal: false))
            )
            try #require(message < 10)
        }
        #expect(message == 3, "four messages of 64,000 fragments cost a thousand")
    }

    @Test func message_ofManyFragments_passesWithinTheRate() throws {
        let rig = try Rig(perMinute: 6_000)
        var bytes = ClientFrames.text("", isFinal: false)
        for _ in 0..<65_535 { bytes += ClientFrames.continuation("b", isFinal: false) }
        try rig.channel.writeInbound(ByteBuffer(bytes: bytes + ClientFrames.continuation("b", isFinal: true)))
        #expect(rig.log.all.filter { $0.hasPrefix("text") }.count == 1)
    }

    @Test func rate_thatIsOff_closesNobody() throws {
        let rig = try Rig(perMinute: 0)
        #expect(try rig.flood(ClientFrames.text("x"), limit: 5_000) == 5_001)
    }

    @Test func commands_overTheRate_areError111AndGoOnWhenTheClientSlowsDown() async throws {
        try await GatewayRig.run { rig in
            let client = try await rig.connect(terms: SocketTerms(messagesPerMinute: 600))
            // One was the connect; several commands in one message count one by one.
            let many = (1...60).map { #"{"id":\#($0 + 1),"rpc":{"method":"none","data":1}}"# }.joined(separator: "\n")
            let lines = try await client.ask(many)
            let codes = lines.compactMap { $0.member("error", "code") }
            #expect(codes.filter { $0 == "104" }.count == 49)
            #expect(codes.filter { $0 == "111" }.count == 11)
            await rig.loop.advanceTime(by: .seconds(5))
            #expect(try await client.ask(#"{"id":99,"rpc":{"method":"none","data":1}}"#).first?.contains("104") == true)
            #expect(client.channel.isActive)
        }
    }

    @Test func commands_overTheRateOfAClientThatGoesOn_endItWith3013() async throws {
        try await GatewayRig.run { rig in
            let client = try await rig.connect(terms: SocketTerms(messagesPerMinute: 600))
            for number in 0..<150 {
                try await client.send(#"{"id":\#(number + 2),"rpc":{"method":"none","data":1}}"#)
                if try await client.closes() == [3013] { break }
            }
            #expect(try await client.closes() == [3013])
        }
    }
}
