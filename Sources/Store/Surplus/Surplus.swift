import Foundation
import Journal
import Migrations

/// What a node has applied and the fleet's journal doesn't go on from: kept in a file before the node takes a checkpoint.
public struct Surplus: Sendable, Equatable {
    /// Where the entries were written; nil when there were none.
    public let path: String?
    /// How many there were.
    public let count: Int
    /// Those that this process sent, in order, for whoever decides what is appended again.
    public let own: [JournalRow]

    /// Files of one lineage; a node that loses more often has lost its way, and the start says so.
    static let filesMax = 1_000

    /// Writes every row that a chain doesn't hold to `lost-<lineage>.ndjson` in the data directory, one entry a line. A name
    /// that is taken gets a number.
    ///
    /// - Parameters:
    ///   - file: must have every entry that the node applied.
    ///   - origin: this process.
    /// - Guarantee: on return the file is whole and forced to the disk; on a throw there is none.
    /// - Errors: `corrupt` when a row is damaged; others when the file can't be written.
    public static func keep(
        _ file: DatabaseFile, notOn chain: LineageChain, origin: UInt64, in directory: DataDirectory
    ) throws(JournalError) -> Surplus {
        var rows = try SurplusRows(file, chain: chain)
        var page = try rows.next()
        guard let first = page.first else { return Surplus(path: nil, count: 0, own: []) }
        do {
            let path = try freePath(ofLineage: first.cursor.lineage, in: directory)
            let writer = try EntryFileWriter(path: path)
            var own: [JournalRow] = []
            while !page.isEmpty {
                try writer.append(page)
                own.append(contentsOf: page.filter { $0.entry.id.origin == origin })
                page = try rows.next()
            }
            try writer.finish()
            return Surplus(path: path, count: writer.count, own: own)
        } catch let error as StorageError {
            throw JournalError(error)
        } catch let error as JournalError {
            throw error
        } catch { throw JournalError(.unavailable, "\(error)") }
    }

    private static func freePath(ofLineage lineage: UInt64, in directory: DataDirectory) throws(StorageError) -> String
    {
        let stem = "\(directory.path)/lost-\(lineage)"
        for number in 1...filesMax {
            let path = number == 1 ? "\(stem).ndjson" : "\(stem)-\(number).ndjson"
            if access(path, F_OK) != 0 { return path }
        }
        throw StorageError(
            .directoryUnusable, "there are \(filesMax) files of lost entries named \(stem); move them elsewhere")
    }
}
