import GRDB

/// Links with their waiting rooms, and attempts at their codes.
enum Step0002 {
    static func register(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("0002-waiting-rooms") { db in try db.execute(sql: tables) }
    }

    /// `content` is the whole room in a binary form with a checksum; the columns beside it are for people who look.
    private static let tables = """
        CREATE TABLE waiting_room(
          id INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, activity TEXT NOT NULL, policy TEXT NOT NULL,
          session TEXT, waiting INTEGER NOT NULL, content BLOB NOT NULL, due_at INTEGER NOT NULL
        );
        CREATE INDEX waiting_room_due ON waiting_room(due_at);
        CREATE TABLE attempt(id INTEGER PRIMARY KEY, token TEXT NOT NULL UNIQUE, arrival INTEGER NOT NULL);
        """
}
