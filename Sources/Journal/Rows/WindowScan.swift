import GRDB
import Migrations

/// What one pass over the publications from before an adopted checkpoint found.
public struct WindowScan: Sendable {
    /// All rows.
    public private(set) var rows = 0
    /// Damaged rows, and those that can't be from before a checkpoint.
    public private(set) var faults = JournalScan.Faults()

    /// Reads every row.
    public init(_ db: Database) throws {
        let base = try JournalTable(db).base
        let statement = try RawStatement(db, "SELECT id, \(StoredRow.columns) FROM window ORDER BY id")
        defer { statement.reset() }
        while try statement.step() {
            rows += 1
            do throws(StorageError) {
                let row = try StoredRow(verifying: statement).journalRow()
                if row.outcome.refusal != nil || row.outcome.offset == nil || row.outcome.epoch == nil {
                    faults.note("entry \(row.cursor) is in the window, but published nothing")
                } else if base.map({ row.cursor > $0.after }) ?? true {
                    faults.note("entry \(row.cursor) is in the window, but not from before an adopted checkpoint")
                }
            } catch { faults.note(error.message) }
        }
    }
}
