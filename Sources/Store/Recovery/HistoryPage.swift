import GRDB
import Journal
import Migrations

extension HistoryReader {
    /// Reads one page in one snapshot, a chunk of rows at a time.
    ///
    /// - Errors: `corrupt` when a row is damaged, or missing behind one that is there: retention deletes from the front.
    static func page(
        _ db: Database, _ offsets: ClosedRange<UInt64>, of channel: String, epoch: Journal.Cursor, bytesMax: Int
    ) throws -> JournalPage {
        var (publications, bytes, next): ([Publication], Int, UInt64?) = ([], 0, offsets.lowerBound)
        while let start = next, start <= offsets.upperBound, bytes <= bytesMax {
            let rows = try JournalTable.publications(
                db, channel: channel, epoch: epoch, offsets: start...offsets.upperBound, limit: chunkRows)
            for publication in rows.compactMap(Publication.init) where bytes <= bytesMax {
                if let last = publications.last, publication.offset != last.offset + 1 { throw missing(in: channel) }
                publications.append(publication)
                bytes += publication.encoded.count
            }
            next = rows.isEmpty ? nil : publications.last.map { $0.offset + 1 }
        }
        let isCut = bytes > bytesMax && publications.last?.offset != offsets.upperBound
        guard isCut || publications.isEmpty || publications.last?.offset == offsets.upperBound else {
            throw missing(in: channel)
        }
        return JournalPage(epoch: epoch, asked: offsets, publications: publications, isCut: isCut)
    }

    /// Rows between two looks at the bytes.
    private static let chunkRows = 512

    private static func missing(in channel: String) -> StorageError {
        StorageError(.corrupt, "a publication of \(channel) is missing from the journal; run anteroom check")
    }
}
