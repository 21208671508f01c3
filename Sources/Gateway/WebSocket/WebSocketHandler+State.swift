import NIOCore

extension WebSocketHandler {
    /// How far a connection is.
    enum State: UInt8 {
        /// Added to the pipeline, not started.
        case idle
        case open
        /// Our close frame is out, the peer's is awaited.
        case closing
        /// Nothing more is read; the output is closed or about to be.
        case draining
        case closed
    }

    /// What a connection needs only now and then.
    final class Rest {
        var reader: MessageReader?
        var latestPing: ByteBuffer?
        var closeTimer: Scheduled<Void>?
    }
}
