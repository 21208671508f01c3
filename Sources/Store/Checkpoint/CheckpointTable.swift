import GRDB
import Journal
import Migrations

/// The state's rows in the file: one read each way, by raw statements.
enum CheckpointTable {
    /// The channel row, nil when the file has none.
    static func channel(_ db: Database, named name: String) throws -> Channel? {
        let statement = try RawStatement(
            db, "SELECT \(channelColumns) FROM channel WHERE name = ?")
        try statement.bind(name, at: 0)
        guard try statement.step() else { return nil }
        defer { statement.reset() }
        return decodeChannel(statement, from: 0)
    }

    /// The session row, nil when the file has none.
    static func session(_ db: Database, id: String) throws -> Session? {
        let statement = try RawStatement(db, "SELECT \(sessionColumns) FROM session WHERE id = ?")
        try statement.bind(id, at: 0)
        guard try statement.step() else { return nil }
        defer { statement.reset() }
        return decodeSession(statement)
    }

    /// Live sessions after an id in order of id, for operators.
    static func sessions(_ db: Database, type: String?, after id: String, limit: Int) throws -> [Session] {
        let statement = try RawStatement(
            db,
            """
            SELECT \(sessionColumns) FROM session
            WHERE id > ?1 AND ended_at IS NULL AND (?2 IS NULL OR type = ?2) ORDER BY id LIMIT ?3
            """)
        try statement.bind(id, at: 0)
        try statement.bind(type, at: 1)
        try statement.bind(Int64(limit), at: 2)
        defer { statement.reset() }
        var sessions: [Session] = []
        while try statement.step() { sessions.append(decodeSession(statement)) }
        return sessions
    }

    /// How many sessions live.
    static func liveSessions(_ db: Database) throws -> Int {
        let statement = try RawStatement(db, "SELECT count(*) FROM session WHERE ended_at IS NULL")
        guard try statement.step() else { return 0 }
        defer { statement.reset() }
        return Int(statement.int64(0))
    }

    /// Names of rows that are due by a time, the longest due first.
    static func due(_ db: Database, _ table: DueTable, at time: Int64, limit: Int) throws -> [String] {
        let statement = try RawStatement(
            db, "SELECT \(table.column) FROM \(table.rawValue) WHERE due_at <= ? ORDER BY due_at LIMIT ?")
        try statement.bind(time, at: 0)
        try statement.bind(Int64(limit), at: 1)
        defer { statement.reset() }
        var names: [String] = []
        while try statement.step() { names.append(statement.text(0)) }
        return names
    }

    /// The tables whose rows fall due.
    enum DueTable: String {
        case channel, session
        case room = "waiting_room"

        var column: String {
            switch self {
            case .channel: "name"
            case .session: "id"
            case .room: "hash"
            }
        }
    }

    static func store(_ db: Database, _ channel: Channel?, named name: String) throws {
        guard let channel else {
            let statement = try RawStatement(db, "DELETE FROM channel WHERE name = ?")
            try statement.bind(name, at: 0)
            return try statement.run()
        }
        let statement = try RawStatement(
            db,
            """
            INSERT INTO channel(name, \(channelColumns), due_at)
            VALUES (?,?,?,?,?,?,?,?,?,?)
            ON CONFLICT(name) DO UPDATE SET epoch = excluded.epoch, top = excluded.top, floor = excluded.floor,
              history_size = excluded.history_size, history_ttl = excluded.history_ttl,
              published_at = excluded.published_at, data_version = excluded.data_version,
              data_epoch = excluded.data_epoch, due_at = excluded.due_at
            """)
        try statement.bind(name, at: 0)
        try statement.bind(channel.epoch.description, at: 1)
        try statement.bind(Int64(clamping: channel.top), at: 2)
        try statement.bind(Int64(clamping: channel.floor), at: 3)
        try statement.bind(Int64(channel.window.size), at: 4)
        try statement.bind(channel.window.ttl, at: 5)
        try statement.bind(channel.publishedAt, at: 6)
        try statement.bind(channel.dataVersion.map { Int64(bitPattern: $0.number) }, at: 7)
        try statement.bind(channel.dataVersion?.epoch, at: 8)
        // A session's channel goes with the session, never before it.
        try statement.bind(Session.id(ofChannel: name) == nil ? channel.dueAt : Int64.max, at: 9)
        try statement.run()
    }

    /// Every column is replaced: since the last checkpoint the session may have been forgotten and made anew.
    static func store(_ db: Database, _ session: Session?, id: String) throws {
        guard let session else {
            let statement = try RawStatement(db, "DELETE FROM session WHERE id = ?")
            try statement.bind(id, at: 0)
            return try statement.run()
        }
        let statement = try RawStatement(
            db,
            """
            INSERT INTO session(\(sessionColumns), due_at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)
            ON CONFLICT(id) DO UPDATE SET type = excluded.type, owner = excluded.owner, document = excluded.document,
              version = excluded.version, created_at = excluded.created_at, updated_at = excluded.updated_at,
              touched_at = excluded.touched_at, ttl_ms = excluded.ttl_ms, ended_at = excluded.ended_at,
              end_reason = excluded.end_reason, due_at = excluded.due_at
            """)
        try statement.bind(id, at: 0)
        try statement.bind(session.type, at: 1)
        try statement.bind(session.owner, at: 2)
        try statement.bind(session.document, at: 3)
        try statement.bind(Int64(clamping: session.version), at: 4)
        try statement.bind(session.createdAt, at: 5)
        try statement.bind(session.updatedAt, at: 6)
        try statement.bind(session.touchedAt, at: 7)
        try statement.bind(session.ttl, at: 8)
        try statement.bind(session.endedAt, at: 9)
        try statement.bind(session.endReason, at: 10)
        try statement.bind(session.dueAt, at: 11)
        try statement.run()
    }

    /// The epoch of a bucket of absent channels.
    static func store(_ db: Database, _ epoch: Journal.Cursor, ofBucket bucket: Int) throws {
        let statement = try RawStatement(
            db,
            """
            INSERT INTO epoch_bucket(bucket, epoch) VALUES (?,?)
            ON CONFLICT(bucket) DO UPDATE SET epoch = excluded.epoch
            """)
        try statement.bind(Int64(bucket), at: 0)
        try statement.bind(epoch.description, at: 1)
        try statement.run()
    }

    /// The last entry of a process; nil forgets it.
    static func store(_ db: Database, _ mark: OriginTable.Mark?, ofOrigin origin: UInt64) throws {
        guard let mark else {
            let statement = try RawStatement(db, "DELETE FROM origin WHERE origin = ?")
            try statement.bind(bits: origin, at: 0)
            return try statement.run()
        }
        let statement = try RawStatement(
            db,
            """
            INSERT INTO origin(origin, counter, time) VALUES (?,?,?)
            ON CONFLICT(origin) DO UPDATE SET counter = excluded.counter, time = excluded.time
            """)
        try statement.bind(bits: origin, at: 0)
        try statement.bind(bits: mark.counter, at: 1)
        try statement.bind(mark.time, at: 2)
        try statement.run()
    }

    /// A remembered key, which is new to the file.
    static func insert(_ db: Database, _ record: IdempotencyWindow.Record, as key: IdempotencyWindow.Key) throws {
        let statement = try RawStatement(
            db,
            "INSERT INTO idempotency(channel, key, body_hash, epoch, offset, version, expires_at) VALUES (?,?,?,?,?,?,?)"
        )
        try statement.bind(key.channel, at: 0)
        try statement.bind(key.key, at: 1)
        try statement.bind(bits: record.bodyHash, at: 2)
        try statement.bind(record.epoch.description, at: 3)
        try statement.bind(record.offset.map { Int64(clamping: $0) }, at: 4)
        try statement.bind(record.version.map { Int64(clamping: $0) }, at: 5)
        try statement.bind(record.expiresAt, at: 6)
        try statement.run()
    }

    static let channelColumns = """
        epoch, top, floor, history_size, history_ttl, published_at, data_version, data_epoch
        """

    static let sessionColumns = """
        id, type, owner, document, version, created_at, updated_at, touched_at, ttl_ms, ended_at, end_reason
        """

    static func decodeChannel(_ row: RawStatement, from column: Int32) -> Channel {
        Channel(
            epoch: Cursor(row.text(column)) ?? .start, top: row.unsigned(column + 1), floor: row.unsigned(column + 2),
            window: HistoryWindow(size: UInt32(clamping: row.int64(column + 3)), ttl: row.int64(column + 4)),
            publishedAt: row.int64(column + 5),
            dataVersion: row.isNull(column + 6)
                ? nil : DataVersion(number: row.bits(column + 6), epoch: row.text(column + 7)))
    }

    static func decodeSession(_ row: RawStatement) -> Session {
        Session(
            id: row.text(0), type: row.text(1), owner: row.text(2), document: row.bytes(3), version: row.unsigned(4),
            createdAt: row.int64(5), updatedAt: row.int64(6), touchedAt: row.int64(7), ttl: row.int64(8),
            endedAt: row.isNull(9) ? nil : row.int64(9), endReason: row.isNull(10) ? nil : row.text(10))
    }
}
