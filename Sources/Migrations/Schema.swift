import GRDB

/// The steps that lead from an empty file to today's schema, in order.
enum Schema {
    /// Marks the file as ours ("Ante" in ASCII), so that a foreign SQLite file is refused rather than migrated.
    static let applicationID = 0x416e_7465

    static let migrator: DatabaseMigrator = {
        var migrator = DatabaseMigrator()
        Step0001.register(in: &migrator)
        return migrator
    }()
}
