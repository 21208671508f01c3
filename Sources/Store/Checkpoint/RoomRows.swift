import GRDB
import Journal
import Migrations

/// Links, waiting rooms and attempts in the file.
enum RoomRows {
    /// Writes what is dirty.
    static func store(_ db: Database, _ table: RoomTable, at time: Int64) throws {
        for hash in table.dirtyRooms { try store(db, table.rooms[hash], hash: hash) }
        guard !table.dirtyAttempts.isEmpty else { return }
        let expired = try RawStatement(db, "DELETE FROM attempt WHERE arrival <= ?")
        try expired.bind(time, at: 0)
        try expired.run()
        for token in table.dirtyAttempts {
            guard let arrival = table.attempts[token], arrival > time else { continue }
            try store(db, attempt: arrival, of: token)
        }
    }

    /// Writes a room; nil forgets it.
    static func store(_ db: Database, _ room: WaitingRoom?, hash: String) throws {
        guard let room else {
            let statement = try RawStatement(db, "DELETE FROM waiting_room WHERE hash = ?")
            try statement.bind(hash, at: 0)
            return try statement.run()
        }
        let statement = try RawStatement(
            db,
            """
            INSERT INTO waiting_room(hash, activity, policy, session, waiting, content, due_at) VALUES (?,?,?,?,?,?,?)
            ON CONFLICT(hash) DO UPDATE SET activity = excluded.activity, policy = excluded.policy,
              session = excluded.session, waiting = excluded.waiting, content = excluded.content, due_at = excluded.due_at
            """)
        try statement.bind(hash, at: 0)
        try statement.bind(room.activity, at: 1)
        try statement.bind(room.policy, at: 2)
        try statement.bind(room.session, at: 3)
        try statement.bind(Int64(room.line.count), at: 4)
        try statement.bind(RoomFormat.row(room), at: 5)
        try statement.bind(room.dueAt, at: 6)
        try statement.run()
    }

    /// Writes when somebody may try again.
    static func store(_ db: Database, attempt arrival: Int64, of token: String) throws {
        let statement = try RawStatement(
            db,
            "INSERT INTO attempt(token, arrival) VALUES (?,?) ON CONFLICT(token) DO UPDATE SET arrival = excluded.arrival"
        )
        try statement.bind(token, at: 0)
        try statement.bind(arrival, at: 1)
        try statement.run()
    }

    /// Reads everything; a room that can't be read is damage.
    static func load(_ db: Database, into table: inout RoomTable, at time: Int64) throws {
        let rooms = try RawStatement(db, "SELECT content FROM waiting_room")
        while try rooms.step() {
            table.load(try RoomFormat.room(ofRow: rooms.bytes(0)))
        }
        let attempts = try RawStatement(db, "SELECT token, arrival FROM attempt WHERE arrival > ?")
        try attempts.bind(time, at: 0)
        while try attempts.step() { table.load(attempt: attempts.int64(1), of: attempts.text(0)) }
    }
}
