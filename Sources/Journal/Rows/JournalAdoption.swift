import GRDB
import Migrations

/// What taking a checkpoint from elsewhere does to the journal's rows, inside the caller's transaction.
///
/// First the rows go that aren't on the checkpoint's branch, then `keep` is told what recovery may use of what was before,
/// and `finish` gives up the rest.
public struct JournalAdoption {
    private let db: Database
    private let place: Place
    private let table: JournalTable
    private let hasRows: Bool
    /// The newest row of an earlier checkpoint's window; 0 when it is empty.
    private let lastWindowID: Int64
    private var sizeBytes: Int
    /// Rows of that window that stay.
    private var kept: Set<Int64> = []

    /// Deletes every row that the chain doesn't hold, or that is after the place: what follows it comes anew.
    public init(_ db: Database, chain: LineageChain, place: Place) throws {
        (self.db, self.place) = (db, place)
        let before = try JournalTable(db)
        let newest = try JournalTable.newest(db)?.number ?? 0
        sizeBytes = try JournalSize.load(db)
        for range in try before.rowsOff(db, chain, through: place) {
            sizeBytes -= try Self.delete(db, range)
        }
        try Self.giveUpWindow(db, chain: chain, place: place)
        // Numbers are never used again, so that a reader from outside who knows the old rows misses none of the new.
        let row = max(newest, (before.base?.row ?? 1) - 1) + 1
        try JournalTable.Base(row: row, after: place.cursor).store(db)
        try JournalHome.shared.store(db)
        table = try JournalTable(db)
        hasRows = try JournalTable.newest(db) != nil
        lastWindowID = try Int64.fetchOne(db, sql: "SELECT max(id) FROM window") ?? 0
        sizeBytes -= try WindowTable.sizeBytes(db)
    }

    private static func delete(_ db: Database, _ rows: Range<Int64>) throws -> Int {
        let statement = try RawStatement(
            db,
            """
            SELECT count(*), coalesce(sum(\(JournalTable.textBytes)), 0) FROM journal WHERE row >= ? AND row < ?
            """)
        try statement.bind(rows.lowerBound, at: 0)
        try statement.bind(rows.upperBound, at: 1)
        guard try statement.step() else { return 0 }
        let bytes = Int(statement.int64(0)) * JournalLimits.rowOverheadBytes + Int(statement.int64(1))
        statement.reset()
        for (table, column) in [("journal", "row"), ("lineage", "first_row")] {
            try db.execute(
                sql: "DELETE FROM \(table) WHERE \(column) >= ? AND \(column) < ?",
                arguments: [rows.lowerBound, rows.upperBound])
        }
        return bytes
    }

    private static func giveUpWindow(_ db: Database, chain: LineageChain, place: Place) throws {
        for lineage in try Int64.fetchAll(db, sql: "SELECT DISTINCT lineage FROM window") {
            var after: Int64 = -1
            switch JournalTable.hold(on: UInt64(clamping: lineage), by: chain, through: place) {
            case .all: continue
            case .none: break
            case .through(let place): after = Int64(clamping: place.cursor.sequence)
            }
            try db.execute(
                sql: "DELETE FROM window WHERE lineage = ? AND sequence > ?", arguments: [lineage, after])
        }
    }

    /// A publication that recovery may use.
    public struct Retained: Sendable, Equatable {
        /// Its entry's place.
        public var cursor: Cursor
        /// Its offset in the channel's numbering.
        public var offset: UInt64
        /// The session's version after it.
        public var version: UInt64?

        /// Makes one of its parts.
        public init(cursor: Cursor, offset: UInt64, version: UInt64?) {
            (self.cursor, self.offset, self.version) = (cursor, offset, version)
        }
    }

    /// Keeps what recovery may use of a channel, from the newest on down to the first whose body is nowhere.
    ///
    /// - Parameters:
    ///   - retained: ascending and contiguous, up to the channel's top.
    ///   - entry: what came with the checkpoint for a place.
    public mutating func keep(
        _ retained: [Retained], of channel: String, epoch: Cursor, entry: (Cursor) -> Entry?
    ) throws {
        for publication in retained.reversed() {
            if try isInWindow(publication, of: channel, epoch: epoch) { continue }
            if let row = try stored(publication, of: channel, epoch: epoch) {
                try WindowTable.insert(db, row)
                continue
            }
            guard let entry = entry(publication.cursor), entry.channel == channel else { return }
            let outcome = Outcome(epoch: epoch, offset: publication.offset, version: publication.version)
            try WindowTable.insert(
                db, StoredRow(JournalRow(cursor: publication.cursor, entry: entry, outcome: outcome)))
        }
    }

    private mutating func isInWindow(_ publication: Retained, of channel: String, epoch: Cursor) throws -> Bool {
        guard lastWindowID > 0 else { return false }
        let statement = try RawStatement(
            db, "SELECT id, \(StoredRow.columns) FROM window WHERE lineage = ? AND sequence = ?")
        try statement.bind(Int64(clamping: publication.cursor.lineage), at: 0)
        try statement.bind(Int64(clamping: publication.cursor.sequence), at: 1)
        guard try statement.step() else { return false }
        defer { statement.reset() }
        guard StoredRow.verified(statement)?.holds(publication, of: channel, epoch: epoch) == true else { return false }
        kept.insert(statement.int64(0))
        return true
    }

    private func stored(_ publication: Retained, of channel: String, epoch: Cursor) throws -> StoredRow? {
        guard hasRows, let number = table.row(of: publication.cursor) else { return nil }
        let statement = try RawStatement(db, "SELECT row, \(StoredRow.columns) FROM journal WHERE row = ?")
        try statement.bind(number, at: 0)
        guard try statement.step() else { return nil }
        defer { statement.reset() }
        guard let row = StoredRow.verified(statement), row.holds(publication, of: channel, epoch: epoch) else {
            return nil
        }
        return row
    }

    /// Deletes what wasn't kept, and remembers the size.
    public mutating func finish() throws {
        let delete = try RawStatement(db, "DELETE FROM window WHERE id = ?")
        let earlier = try Int64.fetchAll(db, sql: "SELECT id FROM window WHERE id <= ?", arguments: [lastWindowID])
        for id in earlier where !kept.contains(id) {
            try delete.bind(id, at: 0)
            try delete.run()
        }
        sizeBytes += try WindowTable.sizeBytes(db)
        try JournalSize.store(db, max(0, sizeBytes))
    }
}

extension StoredRow {
    /// The row that a statement is at; nil when it is damaged: a publication that can't be read is as good as none.
    fileprivate static func verified(_ statement: RawStatement) -> StoredRow? {
        do throws(StorageError) { return try StoredRow(verifying: statement) } catch { return nil }
    }

    fileprivate func holds(_ publication: JournalAdoption.Retained, of name: String, epoch numbering: Cursor) -> Bool {
        cursor == publication.cursor && channel == name && epoch == numbering.description
            && offset == Int64(clamping: publication.offset)
            && version == publication.version.map { Int64(clamping: $0) }
    }
}
