import GRDB
import Journal
import Migrations

/// Invariants of the journal's rows.
enum JournalChecks {
    static func findings(_ db: Database) throws -> [Finding] {
        let scan = try JournalScan(db)
        let range = scan.oldest.flatMap { oldest in scan.newest.map { " from \(oldest) to \($0)" } } ?? ""
        return [
            Finding(
                "rows", scan.damaged,
                ok:
                    "\(scan.rows) entries\(range), \(scan.refused) refused, \(scan.sizeBytes) bytes; every checksum matches"
            ),
            Finding("sequence", scan.order, ok: "no entry is missing\(range)"),
            Finding("lineages", scan.lineages, ok: "every entry is where the table of \(scan.spanCount) says"),
        ]
    }

    /// Publications from before a checkpoint that came from elsewhere.
    static func window(_ db: Database) throws -> Finding {
        let scan = try WindowScan(db)
        return Finding("window", scan.faults, ok: "\(scan.rows) publications from before an adopted checkpoint")
    }

    /// Offsets inside a numbering: no gap, none twice.
    static func offsets(_ db: Database) throws -> Finding {
        var faults = JournalScan.Faults()
        var numberings = 0
        try forEachNumbering(db) { numbering in
            numberings += 1
            guard numbering.lowest >= 1, numbering.count == numbering.top - numbering.lowest + 1 else {
                faults.note(
                    """
                    \(numbering.channel) has \(numbering.count) publications with offsets from \(numbering.lowest) to \
                    \(numbering.top) in epoch \(numbering.epoch)
                    """)
                return
            }
        }
        return Finding("offsets", faults, ok: "contiguous and unique in \(numberings) numberings")
    }

    /// The journal's publications of one channel in one epoch.
    struct Numbering {
        let channel: String
        let epoch: String
        let lowest: Int64
        let top: Int64
        let count: Int64
    }

    /// Goes through all numberings in order of their channels' names.
    static func forEachNumbering(_ db: Database, _ body: (Numbering) throws -> Void) throws {
        // After a checkpoint from elsewhere, what was before it is in the window, and no longer read from the journal.
        let isAdopted = try JournalTable(db).base != nil
        let statement = try RawStatement(
            db,
            """
            SELECT channel, epoch, min(offset), max(offset), count(*) FROM \(isAdopted ? adopted : whole)
            GROUP BY channel, epoch
            """)
        defer { statement.reset() }
        while try statement.step() {
            try body(
                Numbering(
                    channel: statement.text(0), epoch: statement.text(1), lowest: statement.int64(2),
                    top: statement.int64(3), count: statement.int64(4)))
        }
    }

    private static let whole = "journal INDEXED BY journal_publication WHERE offset IS NOT NULL"
    private static let adopted = """
        (SELECT channel, epoch, offset FROM journal
         WHERE offset IS NOT NULL AND row >= (SELECT value FROM meta WHERE key = 'base_row')
         UNION ALL SELECT channel, epoch, offset FROM window)
        """
}
