/// Bounds of presence.
enum PresenceLimits {
    /// Members that one reply to a client may name; beyond it the answer is error 106, and `presence_stats` still counts them.
    static let clientReplyMembersMax = 1_000
    /// Members that one answer of the server API may name; beyond it the answer is error 106.
    static let serverReplyMembersMax = 10_000
    /// Bytes of all members of one reply to a client: half of what a consumer may leave unread.
    static let clientReplyBytesMax = 524_288
    /// Bytes of all members of one answer of the server API.
    static let serverReplyBytesMax = 16_777_216
    /// Members of other nodes that a node knows; a node that would bring more is forgotten as a whole, and presence is refused.
    static let foreignMembersMax = 1_000_000
    /// Time between two digests of a node.
    static let digestMilliseconds: Int64 = 2_000
    /// Time between two looks who lives, whom to ask, and whether a digest or a table is due.
    static let lookMilliseconds: Int64 = 250
    /// Time after which a node that was asked for its table is asked again.
    static let askMilliseconds: Int64 = 1_000
    /// Joins and leaves that wait to be told; beyond it they are dropped and the others are made to ask.
    static let pendingMax = 65_536
    /// Joins and leaves of one message.
    static let deltaChangesMax = 256
    /// Members of one page of a table.
    static let pageMembersMax = 1_024
    /// Bytes of members after which a page or a delta is closed.
    static let messageBytesMax = 1_048_576
    /// Pages of one table.
    static let pagesMax: UInt32 = 65_536
}
