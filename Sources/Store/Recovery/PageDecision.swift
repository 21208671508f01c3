/// Decides how a range of offsets is put together from memory and from a page that was read from the journal.
///
/// - Guarantee: `.complete` is returned only if page and memory cover the range without a hole.
enum PageDecision: Equatable, Sendable {
    /// The range is the page's part up to the first offset in memory, then memory.
    case complete(fromPage: Range<UInt64>)
    /// These offsets must be read from the journal first.
    case read(ClosedRange<UInt64>)
    /// The journal doesn't have the front of the range any more; the oldest offset that is still there.
    case trimmed(oldest: UInt64)

    /// - Parameters:
    ///   - range: what is wanted.
    ///   - firstInMemory: the oldest offset in memory; memory is contiguous from there to the top.
    ///   - page: the offsets that were read, contiguous up to the end of what was asked for; where none was there any
    ///     more, the empty range behind it; nil when none was read yet.
    static func decide(
        range: ClosedRange<UInt64>, firstInMemory: UInt64, page: Range<UInt64>?
    ) -> PageDecision {
        guard range.lowerBound < firstInMemory else {
            return .complete(fromPage: range.lowerBound..<range.lowerBound)
        }
        let lastWanted = min(range.upperBound, firstInMemory - 1)
        // Memory gave publications back between the reading and now: what the page says doesn't reach far enough.
        guard let page, page.upperBound > lastWanted else { return .read(range.lowerBound...lastWanted) }
        guard page.lowerBound <= range.lowerBound else {
            return .trimmed(oldest: min(page.lowerBound, firstInMemory))
        }
        return .complete(fromPage: range.lowerBound..<(lastWanted + 1))
    }
}
