import Journal

/// A JSON document with a version and a life that slides along with its use.
public struct Session: Sendable, Equatable {
    /// 32 hexadecimal digits, or the id that an operator imported it under.
    public let id: String
    /// What kind of session it is, for lists; free text.
    public let type: String
    /// The token subject that may use it; empty for nobody but the API key.
    public let owner: String
    /// One JSON value; empty once the session has ended.
    public internal(set) var document: [UInt8]
    /// 1 at creation; every put, patch and end adds one.
    public internal(set) var version: UInt64
    /// Journal times in milliseconds since 1970.
    public let createdAt: Int64
    /// Journal time of the newest change of the document.
    public internal(set) var updatedAt: Int64
    /// Journal time of the newest sign of life.
    public internal(set) var touchedAt: Int64
    /// Milliseconds of life after the last sign of it.
    public let ttl: Int64
    /// Nil while the session lives; a tombstone afterwards, so that a late write can't bring it back.
    public internal(set) var endedAt: Int64?
    /// `ended`, `expired`, or what the one who ended it said.
    public internal(set) var endReason: String?

    /// How long a tombstone is kept.
    static let tombstoneMilliseconds: Int64 = 24 * 3_600_000
    private static let coalescingMillisecondsMax: Int64 = 30_000

    /// Touches nearer to each other than this make one entry.
    public var touchCoalescing: Int64 { min(Self.coalescingMillisecondsMax, ttl / 10) }

    /// When the session ends unless there is a sign of life: the coalescing is added, so that no touch is lost by it.
    public var deadline: Int64 { touchedAt.saturatingAdd(ttl).saturatingAdd(touchCoalescing) }

    /// True from the end on, and from the deadline on even before the sweeper came by.
    public func isOver(at time: Int64) -> Bool { endedAt != nil || time >= deadline }

    /// True when a touch at a time is worth an entry.
    public func isTouchDue(at time: Int64) -> Bool {
        endedAt == nil && time >= touchedAt.saturatingAdd(touchCoalescing)
    }

    /// The time from which the sweeper has something to do here.
    var dueAt: Int64 { endedAt.map { $0.saturatingAdd(Self.tombstoneMilliseconds) } ?? deadline }

    var sizeBytes: Int { document.count + id.utf8.count + type.utf8.count + owner.utf8.count + 240 }

    /// The channel on which every change of a session is published.
    public static func channel(of id: String) -> String { channelPrefix + id }

    /// The session whose channel this is; nil for any other channel.
    public static func id(ofChannel name: String) -> String? {
        name.hasPrefix(channelPrefix) ? String(name.dropFirst(channelPrefix.count)) : nil
    }

    static let channelPrefix = "session:"
}
