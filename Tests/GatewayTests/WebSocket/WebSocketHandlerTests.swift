import NIOCore
import NIOEmbedded
import Testing

@testable import Gateway

@Suite struct WebSocketHandlerTests {
    /// A socket on an embedded channel, and what was said on it.
    private struct Rig {
        let channel = EmbeddedChannel()
        let log = ConversationLog()
        let socket: WebSocketHandler

        init(maxMessageBytes: Int = 65536) throws {
            let conversation = RecordingConversation(log: self.log)
            self.socket = WebSocketHandler(
                eventLoop: self.channel.embeddedEventLoop, maxMessageBytes: maxMessageBytes, conversation: conversation
            )
            try self.channel.pipeline.syncOperations.addHandler(self.socket)
            try self.channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
            self.socket.start()
        }

        func read(_ bytes: [UInt8]) throws { try self.channel.writeInbound(ByteBuffer(bytes: bytes)) }

        func sent() throws -> [UInt8] {
            var bytes: [UInt8] = []
            while let next = try self.channel.readOutbound(as: ByteBuffer.self) { bytes += next.readableBytesView }
            return bytes
        }
    }

    private func close(_ code: UInt16, _ reason: String) -> [UInt8] {
        [0x88, UInt8(2 + reason.utf8.count), UInt8(code >> 8), UInt8(code & 0xFF)] + Array(reason.utf8)
    }

    @Test func read_whenSeveralMessagesCome_handsThemOverAndThenCompletesTheRead() throws {
        let rig = try Rig()
        try rig.read(
            ClientFrames.text("a") + ClientFrames.frame(first: 0x82, payload: [1, 2]) + ClientFrames.text("b"))
        #expect(rig.log.all == ["opened", "text a", "binary 2", "text b", "read"])
        #expect(try rig.sent() == [0x81, 1, 0x61, 0x82, 2, 1, 2, 0x81, 1, 0x62])
    }

    @Test func read_whenCutAtEveryByte_handsTheMessageOverOnce() throws {
        let bytes = ClientFrames.text("Grüße", isFinal: false) + ClientFrames.continuation("🎈", isFinal: true)
        for cut in 1..<bytes.count {
            let rig = try Rig()
            try rig.read(Array(bytes[..<cut]))
            try rig.read(Array(bytes[cut...]))
            #expect(rig.log.all == ["opened", "read", "text Grüße🎈", "read"])
        }
    }

    @Test func ping_whenInsideAFragmentedMessage_isAnsweredBeforeTheMessage() throws {
        let rig = try Rig()
        try rig.read(
            ClientFrames.text("a", isFinal: false) + ClientFrames.ping("p")
                + ClientFrames.continuation("b", isFinal: true)
        )
        #expect(try rig.sent() == [0x8A, 1, 0x70, 0x81, 2, 0x61, 0x62])
    }

    @Test func ping_whenFlooded_isAnsweredForTheFirstAndTheLatestOfARead() throws {
        let rig = try Rig()
        let count = 1000
        try rig.read((0..<count).flatMap { ClientFrames.ping("\($0)") })
        let answered = (0..<Int(WebSocketHandler.maxPongsPerRead)).map { "\($0)" } + ["\(count - 1)"]
        #expect(try rig.sent() == answered.flatMap { [0x8A, UInt8($0.utf8.count)] + Array($0.utf8) })
    }

    @Test func pong_whenItComes_isReported() throws {
        let rig = try Rig()
        try rig.read(ClientFrames.frame(first: 0x8A, payload: [1]))
        #expect(rig.log.all == ["opened", "pong", "read"])
    }

    @Test func close_whenThePeerBegins_isEchoedAndEndsTheConnection() throws {
        let rig = try Rig()
        try rig.read(ClientFrames.text("a") + ClientFrames.close(1001) + ClientFrames.text("late"))
        #expect(try rig.sent() == [0x81, 1, 0x61] + self.close(1001, ""))
        // An embedded channel has no half-closed state: closing the output ends it.
        #expect(!rig.channel.isActive)
        #expect(rig.log.all == ["opened", "text a", "closed"], "nothing is processed behind a close")
    }

    @Test func close_whenEmpty_isAnsweredEmpty() throws {
        let rig = try Rig()
        try rig.read(ClientFrames.frame(first: 0x88, payload: []))
        #expect(try rig.sent() == [0x88, 0])
    }

    @Test func close_whenWeBegin_waitsForThePeersClose() throws {
        let rig = try Rig()
        try rig.read(ClientFrames.text(RecordingConversation.closeRequest) + ClientFrames.text("late"))
        #expect(try rig.sent() == self.close(3501, "bad request"), "writes behind the close are dropped")
        #expect(rig.log.all == ["opened", "text close me"])
        try rig.read(ClientFrames.text("later") + ClientFrames.close(3501))
        #expect(try rig.sent() == [], "one close frame")
        #expect(rig.log.all == ["opened", "text close me", "closed"])
    }

    @Test func close_whenThePeerStaysSilent_dropsTheConnectionAfterTheTimeout() throws {
        let rig = try Rig()
        rig.socket.close(code: 3001, reason: "shutdown", flushing: true)
        rig.channel.embeddedEventLoop.advanceTime(by: WebSocketHandler.closeTimeout - .milliseconds(1))
        #expect(rig.channel.isActive)
        rig.channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(!rig.channel.isActive)
        #expect(rig.log.all == ["opened", "closed"])
    }

    @Test func close_whenTheCodeIs3000_sendsNoFrame() throws {
        let rig = try Rig()
        rig.socket.close(code: 3000, reason: "connection closed", flushing: true)
        #expect(try rig.sent() == [])
        rig.channel.embeddedEventLoop.advanceTime(by: WebSocketHandler.closeTimeout)
        #expect(rig.log.all == ["opened", "closed"])
    }

    @Test func close_whenNotFlushingBehindAQueue_dropsQueueAndConnection() throws {
        let rig = try Rig()
        var frame = ByteBuffer()
        FrameWriter.append(text: "queued", to: &frame)
        rig.socket.write(frame)
        #expect(rig.socket.pendingBytes == frame.readableBytes)
        rig.socket.close(code: 3008, reason: "slow", flushing: false)
        #expect(try rig.sent() == [])
        #expect(!rig.channel.isActive)
        #expect(rig.log.all == ["opened", "closed"])
    }

    @Test func violation_whenItComes_isAnsweredAndEndsReading() throws {
        for (bytes, code) in [
            (ClientFrames.frame(first: 0xC1, payload: [1]), 1002),
            (ClientFrames.frame(first: 0x81, payload: [0xFF]), 1007),
            (ClientFrames.header(first: 0x81, length: 101, masked: true), 1009),
        ] as [([UInt8], UInt16)] {
            let rig = try Rig(maxMessageBytes: 100)
            try rig.read(ClientFrames.text("a") + bytes)
            try rig.read(ClientFrames.text("late"))
            let sent = try rig.sent().dropFirst(3)
            #expect(sent.first == 0x88)
            #expect(Array(sent.dropFirst(2).prefix(2)) == [UInt8(code >> 8), UInt8(code & 0xFF)])
            rig.channel.embeddedEventLoop.advanceTime(by: WebSocketHandler.closeTimeout)
            #expect(rig.log.all == ["opened", "text a", "closed"])
        }
    }

    @Test func inputClosed_whenOpen_closes() throws {
        let rig = try Rig()
        rig.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(!rig.channel.isActive)
        #expect(rig.log.all == ["opened", "closed"])
    }

    @Test func quiesce_whenOpen_closesWith3001() throws {
        let rig = try Rig()
        rig.channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        #expect(try rig.sent() == self.close(3001, "shutdown"))
    }

    @Test func ping_whenAsked_sendsOne() throws {
        let rig = try Rig()
        rig.socket.ping()
        #expect(try rig.sent() == [0x89, 0])
    }

    @Test func handler_whenIdleAgain_holdsNothingOfTheChannel() throws {
        weak var weakSocket: WebSocketHandler?
        do {
            let rig = try Rig()
            weakSocket = rig.socket
            try rig.read(ClientFrames.text(RecordingConversation.closeRequest))
            _ = try rig.channel.finish(acceptAlreadyClosed: true)
        }
        #expect(weakSocket == nil, "socket, conversation and timer don't keep each other alive")
    }
}
