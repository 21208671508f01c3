/// Bounds of what nodes tell each other.
enum FleetLimits {
    /// Bytes of one message: the longest payload that can be configured, with room for what goes with it.
    static let messageBytesMax = 17_825_792
    /// Bytes of a user or client id.
    static let nameBytesMax = 1_024
    /// Clients that one disconnect spares.
    static let whitelistMax = 1_000
    /// Bytes of a disconnect's reason: what a close frame holds.
    static let reasonBytesMax = 123
    /// Latest time at which something may be ordered to end: the year 33658. Units: Unix milliseconds.
    static let timeMax: Int64 = 1_000_000_000_000_000
    /// Channels on one page of a survey's answer.
    static let pageChannelsMax = 1_024
    /// Pages of one member's answer.
    static let pagesMax = 4_096
    /// How long a survey waits for its members.
    static let surveyMilliseconds: Int64 = 1_000
    /// Time between two looks whether a member left while a survey waits.
    static let membershipMilliseconds: Int64 = 50
    /// Surveys of this node that wait at once.
    static let surveysMax = 64
}
