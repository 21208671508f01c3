import GRDB

/// How new the data of a channel's publications is, by its senders' own count.
enum Step0003 {
    static func register(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("0003-data-version") { db in try db.execute(sql: columns) }
    }

    /// `data_version` holds the bits of an unsigned number; both are NULL where nobody counts.
    private static let columns = """
        ALTER TABLE channel ADD COLUMN data_version INTEGER;
        ALTER TABLE channel ADD COLUMN data_epoch TEXT;
        """
}
