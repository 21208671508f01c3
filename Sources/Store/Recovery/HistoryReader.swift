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

/// Reads pages of publications that memory no longer has, away from the writer thread.
///
/// - Guarantee: the page is contiguous and each row verified.
/// - Isolation: one page at a time on an own queue; the number of waiting pages is bounded by the engine's queue.
final class HistoryReader: Sendable {
    private let queue = DispatchQueue(label: "anteroom.history-reader")

    /// Reads and hands the page over on the reader's queue.
    func read(
        _ offsets: ClosedRange<UInt64>, of channel: String, epoch: Cursor, from file: DatabaseFile,
        then handOver: @escaping @Sendable (Result<[Publication], EngineError>) -> Void
    ) {
        queue.async {
            handOver(
                Result { () throws(EngineError) in
                    try Self.page(offsets, of: channel, epoch: epoch, from: file)
                })
        }
    }

    private static func page(
        _ offsets: ClosedRange<UInt64>, of channel: String, epoch: Cursor, from file: DatabaseFile
    ) throws(EngineError) -> [Publication] {
        let rows: [JournalRow]
        do {
            let count = Int(clamping: offsets.upperBound - offsets.lowerBound).addingReportingOverflow(1).partialValue
            rows = try file.read {
                try JournalTable.publications($0, channel: channel, epoch: epoch, offsets: offsets, limit: count)
            }
        } catch { throw EngineError(.unavailable, "\(error)") }
        // Retention deletes from the front: after the first row that is there, none may be missing.
        for (earlier, later) in zip(rows, rows.dropFirst()) where later.outcome.offset != earlier.outcome.offset.map({ $0 + 1 }) {
            throw EngineError(.unavailable, "a publication of \(channel) is missing from the journal; run anteroom check")
        }
        return rows.compactMap(Publication.init)
    }
}
