import GRDB

/// The steps that lead from an empty file to today's schema, in order.
enum Schema {
    /// Marks the file as ours ("Ante" in ASCII), so that a foreign SQLite file is refused rather than migrated.
    static let applicationID = 0x416e_7465

    static let migrator: DatabaseMigrator = {
        var migrator = DatabaseMigrator()
        Step0001.register(in: &migrator)
        Step0002.register(in: &migrator)
        Step0003.register(in: &migrator)
        return migrator
    }()

    /// Refuses a file that somebody else or a newer version wrote; false when it has no table yet.
    static func refuseForeign(_ db: Database, path: String) throws -> Bool {
        let tables = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") ?? 0
        guard tables > 0 else { return false }
        guard try Int.fetchOne(db, sql: "PRAGMA application_id") == applicationID else {
            throw StorageError(.notOurFile, "\(path) is not an Anteroom file")
        }
        guard try !migrator.hasBeenSuperseded(db) else {
            throw StorageError(.newerFormat, "\(path) was written by a newer Anteroom; upgrade this one")
        }
        return true
    }
}
