/// Decides how many entries are asked for at once, so that a reply stays small whatever the entries' sizes.
public struct ReadSizing: Sendable, Equatable {
    /// Entries of one read.
    public static let countMax = 1_000
    /// What one read should bring.
    public static let bytesTarget = 16 << 20
    /// Entries of the first read: of the largest size they still are a reply that is taken.
    public static let countFirst = 32

    /// Entries of a read from which the next one waits for company: each read costs Redis and every node as much as several
    /// entries, and a steady trickle is never delayed.
    public static let entriesBusy = 4
    /// How long it waits then.
    public static let pauseMicroseconds: Int64 = 300

    /// Entries to ask for.
    public private(set) var count = countFirst
    /// How long the next read waits for company.
    public private(set) var pause: Int64 = 0

    /// Begins carefully.
    public init() {}

    /// Takes what a read brought. A read that was not full says nothing about the next.
    public mutating func took(entries: Int, bytes: Int) {
        // A full read is one of many: whoever is behind doesn't wait.
        pause = entries >= Self.entriesBusy && entries < count ? Self.pauseMicroseconds : 0
        guard entries >= count else { return }
        let fitting = Self.bytesTarget / max(1, bytes / max(1, entries))
        count = max(1, min(Self.countMax, count * 2, fitting))
    }
}
