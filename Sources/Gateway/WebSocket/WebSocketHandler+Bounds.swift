import NIOCore

extension WebSocketHandler {
    /// How long the peer may take to answer a close.
    public static let closeTimeout: TimeAmount = .seconds(5)
    /// Pings of one read that get a pong each; of a flood only the latest of the rest is answered.
    public static let maxPongsPerRead: UInt8 = 16
    /// Unsent bytes over which pings are no longer answered: their sender doesn't read.
    public static let maxPendingBytesForPong = 65536

    /// Whether more than so many bytes wait, although the kernel was offered all of them.
    public func hasUnsent(over bound: Int) -> Bool {
        guard self.pendingBytes > bound else { return false }
        // Much of it may have been queued by the hand-over in progress, and never have been offered to the kernel.
        self.flush()
        return self.pendingBytes > bound
    }

    /// Sends a ping without payload.
    public func ping() {
        var frame = ByteBuffer()
        FrameWriter.appendPing(to: &frame)
        self.write(frame)
        self.flush()
    }
}
