import Journal

/// A permanent link, and the line in front of what it leads to: `waiting → live → waiting`.
public struct WaitingRoom: Sendable, Equatable {
    /// The signed name of the link.
    public let hash: String
    /// What it leads to.
    public let activity: String
    /// Who may go in without a host.
    public internal(set) var policy: String
    /// What the host chose: a JSON object; empty for nothing.
    public internal(set) var options: [UInt8]
    /// Journal time at which the link was made.
    public let createdAt: Int64
    /// Journal time at which it was last used.
    public internal(set) var usedAt: Int64
    /// The session that is live; nil while the room waits.
    public internal(set) var session: String?
    /// True while those who wait are let in one by one.
    public internal(set) var isPaused = false
    /// True while nobody new is taken into the line.
    public internal(set) var isClosed = false
    /// Places that there are at most, waiting and let in; 0 for as many as a room can have.
    public internal(set) var capacity: UInt64 = 0
    /// Those who wait.
    public internal(set) var line = WaitingLine()
    /// What was left for whoever shows a token.
    var offers: [String: Offer] = [:]
    /// Grows with everything that those who wait should know.
    public internal(set) var revision: UInt64 = 1
    /// The newest revision that they were told.
    var told: UInt64 = 1
    /// Journal time at which they were told something last.
    var toldAt: Int64 = 0
    /// True until they were told that what was live has ended.
    var hasEnded = false

    /// Values that wait for a token.
    struct Offer: Sendable, Equatable {
        let values: [UInt8]
        let expiresAt: Int64
    }

    /// Tokens that wait in one room.
    static let offersMax = 20_000
    /// Bytes of all their values.
    static let offerBytesMax = 4 << 20
    /// A link that nobody used for so long is forgotten.
    static let rememberedMilliseconds: Int64 = 400 * 24 * 3_600_000
    /// The shortest time between two of the messages that say how many wait. Units: milliseconds.
    static let tellPauseMin: Int64 = 500
    /// Messages a second that a room costs at most, once its line is so long that the shortest time would cost more.
    static let tellsPerSecond: Int64 = 5_000

    init(hash: String, activity: String, policy: String, options: [UInt8], createdAt: Int64, usedAt: Int64) {
        (self.hash, self.activity, self.policy, self.options) = (hash, activity, policy, options)
        (self.createdAt, self.usedAt) = (createdAt, usedAt)
    }

    /// True for a waiter who may go into the live session.
    public func isAdmitted(_ waiter: String) -> Bool {
        session != nil && (!isPaused || line.admitted[waiter] != nil)
    }

    /// What was left for a token, as long as it waits.
    public func offer(_ token: String, at time: Int64) -> [UInt8]? {
        offers[token].flatMap { $0.expiresAt > time ? $0.values : nil }
    }

    /// True when those who wait don't know yet how things stand.
    var isUntold: Bool { revision > told }

    /// The time between two of the messages that say how many wait. Units: milliseconds.
    var tellPause: Int64 { max(Self.tellPauseMin, Int64(line.count) * 1_000 / Self.tellsPerSecond) }

    /// True while somebody has to look after the room.
    var needsCare: Bool { isUntold || !line.places.isEmpty || hasAdmission }

    /// True while people are taken in another way than usual.
    var hasAdmission: Bool { isPaused || isClosed || capacity > 0 }

    /// The time from which the link may be forgotten; never while it is live.
    var dueAt: Int64 { session == nil ? usedAt.saturatingAdd(Self.rememberedMilliseconds) : .max }

    /// The channel on which those who wait are told things.
    public static func channel(of hash: String) -> String { channelPrefix + hash }

    /// The link behind a channel; nil for other channels.
    public static func hash(ofChannel channel: String) -> String? {
        channel.hasPrefix(channelPrefix) ? String(channel.dropFirst(channelPrefix.count)) : nil
    }

    private static let channelPrefix = "waiting:"
}
