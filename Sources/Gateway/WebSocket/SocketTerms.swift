import NIOCore

/// What is held against a socket besides what it says: who calls, how often it may speak, its place in the count.
package struct SocketTerms: Sendable {
    /// The caller, where a trusted proxy named it; nil where it is the socket's peer.
    package var caller: SocketAddress?
    /// Messages that it may send; 0 for any number.
    package var messagesPerMinute: Int
    /// Its place among the connections of its address, held for as long as the socket is; nil where nobody counts.
    package var place: CallerTable.Place?

    /// Terms for a socket on which nothing is held.
    package init(caller: SocketAddress? = nil, messagesPerMinute: Int = 0, place: CallerTable.Place? = nil) {
        (self.caller, self.messagesPerMinute, self.place) = (caller, messagesPerMinute, place)
    }
}
