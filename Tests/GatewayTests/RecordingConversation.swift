import NIOCore
import Synchronization

@testable import Gateway

/// What happened to a conversation, readable from any thread.
final class ConversationLog: Sendable {
    private let entries = Mutex<[String]>([])

    var all: [String] { self.entries.withLock { $0 } }

    func add(_ entry: String) { self.entries.withLock { $0.append(entry) } }
}

/// Writes down what it is told, and echoes messages.
final class RecordingConversation: WebSocketConversation {
    private let log: ConversationLog
    private var socket: WebSocketHandler?
    /// A text that makes it close with 3501, flushing.
    static let closeRequest = "close me"
    /// A text that makes it drop the connection.
    static let dropRequest = "drop me"

    init(log: ConversationLog) {
        self.log = log
    }

    func opened(_ socket: WebSocketHandler) {
        self.socket = socket
        self.log.add("opened")
    }

    func received(text: ByteBuffer) {
        let string = String(buffer: text)
        self.log.add("text \(string.prefix(40))")
        if string == Self.closeRequest { self.socket?.close(code: 3501, reason: "bad request", flushing: true) }
        if string == Self.dropRequest { self.socket?.close(code: 3008, reason: "slow", flushing: false) }
        var frame = ByteBuffer()
        FrameWriter.append(text: text, to: &frame)
        self.socket?.write(frame)
    }

    func received(binary: ByteBuffer) {
        self.log.add("binary \(binary.readableBytes)")
        var frame = ByteBuffer()
        FrameWriter.append(binary: binary, to: &frame)
        self.socket?.write(frame)
    }

    func receivedPong() { self.log.add("pong") }

    func readCompleted() {
        self.log.add("read")
        self.socket?.flush()
    }

    func writabilityChanged(isWritable: Bool) { self.log.add("writable \(isWritable)") }

    func closed() {
        self.log.add("closed")
        self.socket = nil
    }
}
