import GRDB

/// The first schema: the journal and the checkpoint behind it.
///
/// Documents stay in rowid tables: clustered keys are four to nine times slower for rows of a kilobyte.
enum Step0001 {
    static func register(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("0001-journal-and-checkpoint") { db in
            try db.execute(sql: journal)
            try db.execute(sql: checkpoint)
            try db.execute(sql: "PRAGMA application_id = \(Schema.applicationID)")
        }
    }

    /// `row` runs on over all lineages. A span of `lineage` is a run of one lineage's rows without a gap: the row of a
    /// sequence is `first_row + sequence - first_sequence`, so no index is needed to find a cursor. `window` has the
    /// publications from before a checkpoint that came from elsewhere.
    private static let journal = """
        CREATE TABLE lineage(
          lineage INTEGER NOT NULL, first_sequence INTEGER NOT NULL, first_row INTEGER NOT NULL, reason TEXT NOT NULL,
          opened_at INTEGER NOT NULL, PRIMARY KEY(lineage, first_sequence)
        );
        CREATE TABLE journal(
          row INTEGER PRIMARY KEY, lineage INTEGER NOT NULL, sequence INTEGER NOT NULL, time INTEGER NOT NULL,
          origin INTEGER NOT NULL, counter INTEGER NOT NULL, channel TEXT NOT NULL, kind TEXT NOT NULL,
          verdict TEXT NOT NULL, epoch TEXT, offset INTEGER, version INTEGER,
          header BLOB NOT NULL, body BLOB NOT NULL, checksum INTEGER NOT NULL
        );
        CREATE UNIQUE INDEX journal_publication ON journal(channel, epoch, offset) WHERE offset IS NOT NULL;
        CREATE TABLE window(
          id INTEGER PRIMARY KEY, lineage INTEGER NOT NULL, sequence INTEGER NOT NULL, time INTEGER NOT NULL,
          origin INTEGER NOT NULL, counter INTEGER NOT NULL, channel TEXT NOT NULL, kind TEXT NOT NULL,
          verdict TEXT NOT NULL, epoch TEXT NOT NULL, offset INTEGER NOT NULL, version INTEGER,
          header BLOB NOT NULL, body BLOB NOT NULL, checksum INTEGER NOT NULL
        );
        CREATE UNIQUE INDEX window_publication ON window(channel, epoch, offset);
        CREATE UNIQUE INDEX window_cursor ON window(lineage, sequence);
        """

    private static let checkpoint = """
        CREATE TABLE meta(key TEXT PRIMARY KEY, value BLOB NOT NULL);
        CREATE TABLE channel(
          id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, epoch TEXT NOT NULL, top INTEGER NOT NULL,
          floor INTEGER NOT NULL, history_size INTEGER NOT NULL, history_ttl INTEGER NOT NULL,
          published_at INTEGER NOT NULL, due_at INTEGER NOT NULL
        );
        CREATE INDEX channel_due ON channel(due_at);
        CREATE TABLE origin(origin INTEGER PRIMARY KEY, counter INTEGER NOT NULL, time INTEGER NOT NULL);
        CREATE TABLE epoch_bucket(bucket INTEGER PRIMARY KEY, epoch TEXT NOT NULL);
        CREATE TABLE session(
          row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, type TEXT NOT NULL, owner TEXT NOT NULL,
          document BLOB NOT NULL, version INTEGER NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
          touched_at INTEGER NOT NULL, ttl_ms INTEGER NOT NULL, ended_at INTEGER, end_reason TEXT, due_at INTEGER NOT NULL
        );
        CREATE INDEX session_due ON session(due_at);
        CREATE TABLE idempotency(
          id INTEGER PRIMARY KEY, channel TEXT NOT NULL, key TEXT NOT NULL, body_hash INTEGER NOT NULL,
          epoch TEXT NOT NULL, offset INTEGER, version INTEGER, expires_at INTEGER NOT NULL
        );
        CREATE INDEX idempotency_expiry ON idempotency(expires_at);
        """
}
