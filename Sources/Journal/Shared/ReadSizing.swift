/// Decides how many entries are asked for at once, so that a reply stays small whatever the entries' sizes.
public struct ReadSizing: Sendable, Equatable {
    /// Entries of one read.
    public static let countMax = 1_000
    /// What one read should bring.
    public static let bytesTarget = 16 << 20
    /// Entries of the first read: of the largest size they still are a reply that is taken.
    public static let countFirst = 32

    /// Entries to ask for.
    public private(set) var count = countFirst

    /// Begins carefully.
    public init() {}

    /// Takes what a read brought. A read that was not full says nothing about the next.
    public mutating func took(entries: Int, bytes: Int) {
        guard entries >= count else { return }
        let fitting = Self.bytesTarget / max(1, bytes / max(1, entries))
        count = max(1, min(Self.countMax, count * 2, fitting))
    }
}
