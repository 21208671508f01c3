import Dispatch
import Journal
import Migrations

/// A read that waits for a page of the journal.
public struct ParkedRead: Sendable {
    enum Purpose: Sendable {
        case subscribe(SubscribeRequest, Return<SubscribeAnswer>)
        case history(channel: String, HistoryFilter, limitMax: Int, SessionAccess, Return<HistoryAnswer>)
    }

    let purpose: Purpose
    /// How often a page was read for it.
    var attempt: Int
}

/// Publications that were read from the journal for one request.
public struct JournalPage: Sendable {
    /// The numbering that they belong to: a page of a channel that was dropped since is worth nothing.
    let epoch: Cursor
    let asked: ClosedRange<UInt64>
    /// Contiguous; from the oldest that is still there up to the end of what was asked for, unless cut.
    let publications: [Publication]
    /// True when the bytes of one recovery were reached before the end.
    let isCut: Bool

    /// The offsets that it holds; the empty range behind what was asked for when nothing is there any more.
    var offsets: Range<UInt64> {
        guard let first = publications.first, let last = publications.last else {
            return (asked.upperBound + 1)..<(asked.upperBound + 1)
        }
        return first.offset..<(last.offset + 1)
    }
}

/// Reads pages of publications that memory no longer has, away from the engine's thread.
///
/// - Guarantee: a page is contiguous and each of its rows verified.
/// - Isolation: one page at a time on an own queue; the number of waiting pages is bounded by the engine's queue.
final class HistoryReader: Sendable {
    private let queue = DispatchQueue(label: "anteroom.history-reader")
    /// Operators' lists and counts walk over many rows: no recovery waits for them.
    let operators = DispatchQueue(label: "anteroom.operators-reader")

    /// Reads and hands the page over on the reader's queue.
    ///
    /// - Parameter bytesMax: a page is cut after the publication that passes it.
    func read(
        _ offsets: ClosedRange<UInt64>, of channel: String, epoch: Cursor, bytesMax: Int, from file: DatabaseFile,
        then handOver: @escaping @Sendable (Result<JournalPage, EngineError>) -> Void
    ) {
        queue.async {
            handOver(
                Result { () throws(EngineError) in
                    do {
                        return try file.read {
                            try Self.page($0, offsets, of: channel, epoch: epoch, bytesMax: bytesMax)
                        }
                    } catch { throw EngineError(.unavailable, "\(error)") }
                })
        }
    }
}
