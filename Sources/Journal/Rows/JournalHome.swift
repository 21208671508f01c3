import GRDB
import Migrations

/// Where the journal of a file's newest rows lives.
public enum JournalHome: String, Sendable {
    /// In the file itself.
    case embedded
    /// In Redis: the file's rows are copies.
    case shared

    private static let key = "home"

    /// What the file says; nil before its first row.
    public static func load(_ db: Database) throws -> JournalHome? {
        try String.fetchOne(db, sql: "SELECT value FROM meta WHERE key = ?", arguments: [key])
            .flatMap(JournalHome.init)
    }

    /// Notes it in the file.
    public func store(_ db: Database) throws {
        try db.execute(
            sql: "INSERT INTO meta(key, value) VALUES (?, ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value",
            arguments: [Self.key, rawValue])
    }
}
