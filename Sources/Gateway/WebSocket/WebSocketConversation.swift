import NIOCore

/// What talks over one WebSocket.
///
/// - Isolation: every call comes on the event loop of the connection.
public protocol WebSocketConversation: AnyObject {
    /// The socket is live, and may be written to.
    func opened(_ socket: WebSocketHandler)

    /// One whole message of valid UTF-8 came in.
    ///
    /// The buffer is usually a slice of what one read brought (up to 64 KiB) and keeps all of it alive:
    /// copy what is to be retained.
    func received(text: ByteBuffer)

    /// A message came in that is one too many for the rate of this client; it is not to be carried out.
    ///
    /// A client that goes on all the same is closed with 3013.
    func refused(text: ByteBuffer)

    /// This side is about to close the socket with a code: because the conversation wants it, or for a rule of frames or of
    /// its rate that the peer broke.
    ///
    /// - Guarantee: called once at most, and not when the peer closes first. It is there to take note, not to write.
    func closing(code: UInt16)

    /// One whole binary message came in; the buffer keeps its read alive, as that of ``received(text:)``.
    func received(binary: ByteBuffer)

    /// A pong came in, asked for or not.
    func receivedPong()

    /// All messages of this read were handed over: submit what was batched.
    func readCompleted()

    /// The queue of unsent bytes went over the channel's high mark, or below its low mark.
    func writabilityChanged(isWritable: Bool)

    /// The server shuts down: close the socket, at once or at a time of your choice.
    func shuttingDown(_ socket: WebSocketHandler)

    /// The connection is gone.
    ///
    /// - Guarantee: called exactly once, and nothing is called after it; it may come from inside a call of
    ///   ``WebSocketHandler/close(code:reason:flushing:)``.
    func closed()
}

extension WebSocketConversation {
    /// Says nothing about it.
    public func refused(text: ByteBuffer) {}

    /// Counts nothing.
    public func closing(code: UInt16) {}

    /// Closes with 3001, which clients answer by coming back.
    public func shuttingDown(_ socket: WebSocketHandler) {
        socket.close(code: CloseCode.shutdown, reason: "shutdown", flushing: true)
    }
}
