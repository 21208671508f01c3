import GRDB
import Journal
import Migrations

extension CheckpointContent {
    /// Replaces the state in a file by a checkpoint's, in one transaction.
    ///
    /// Rows of the journal that aren't on the checkpoint's branch go; what comes next begins a span of its own. Publications
    /// that recovery may use are kept where their bodies are in the file or came along, per channel down to the first that is
    /// missing. Whoever holds a `JournalRows` of the file reloads it.
    ///
    /// - Returns: the state, its sessions and channels cold.
    /// - Errors: `corrupt` when the content isn't whole, or is of another format; others when the file takes no writes. Then
    ///   nothing was changed.
    static func adopt(_ content: CheckpointContent, into file: DatabaseFile) throws(JournalError) -> State {
        var input = try ContentReader(content.chunks)
        let head = try ContentFormat.readHead(&input)
        guard head.place == content.place else {
            throw ContentReader.damaged("it includes \(head.place.cursor), not \(content.place.cursor)")
        }
        guard head.chain.newest?.lineage == head.head.lineage else {
            throw ContentReader.damaged("its lineages don't lead to \(head.head)")
        }
        // Of what is thrown inside a transaction only errors of storage come out as they are.
        var fault: JournalError?
        do {
            return try file.write { db in
                do {
                    var arrival = try ContentArrival(db, content, head: head, input: input)
                    try arrival.take()
                    return try Checkpoint.load(db)
                } catch let error as JournalError {
                    fault = error
                    throw error
                }
            }
        } catch { throw fault ?? JournalError(error) }
    }
}

/// A checkpoint on its way into a file.
private struct ContentArrival {
    let db: Database
    let head: State
    var input: ContentReader
    var adoption: JournalAdoption
    let retained: [ArrivedEntry]
    let places: [Journal.Cursor: Int]

    init(_ db: Database, _ content: CheckpointContent, head: State, input: ContentReader) throws {
        (self.db, self.head, self.input, retained) = (db, head, input, content.retained)
        places = Dictionary(content.retained.indices.map { (content.retained[$0].cursor, $0) }) { first, _ in first }
        adoption = try JournalAdoption(db, chain: head.chain, place: head.place)
    }

    mutating func take() throws {
        for table in Self.tables {
            try db.execute(sql: "DELETE FROM \(table)")
        }
        try Checkpoint.storeMeta(db, head)
        try takeBuckets()
        try takeOrigins()
        while try input.flag() {
            let (key, record) = try ContentFormat.readIdempotency(&input)
            try CheckpointTable.insert(db, record, as: key)
        }
        try takeRooms()
        while try input.flag() {
            let session = try ContentFormat.readSession(&input)
            try CheckpointTable.store(db, session, id: session.id)
        }
        try takeChannels()
        guard input.isAtEnd else { throw ContentReader.damaged("something follows its end") }
        try adoption.finish()
    }

    private static let tables = [
        "session", "channel", "epoch_bucket", "idempotency", "origin", "waiting_room", "attempt",
    ]

    private mutating func takeRooms() throws {
        while try input.flag() {
            let token = try input.text()
            try RoomRows.store(db, attempt: try input.signed(), of: token)
        }
        while try input.flag() {
            let room = try RoomFormat.read(&input)
            try RoomRows.store(db, room, hash: room.hash)
        }
    }

    private mutating func takeBuckets() throws {
        while try input.flag() {
            let (bucket, epoch) = (try input.number(), try input.cursor())
            guard bucket < State.buckets else { throw ContentReader.damaged("it has a bucket \(bucket)") }
            try CheckpointTable.store(db, epoch, ofBucket: Int(bucket))
        }
    }

    private mutating func takeOrigins() throws {
        while try input.flag() {
            let origin = try input.number()
            let mark = OriginTable.Mark(counter: try input.number(), time: try input.signed())
            try CheckpointTable.store(db, mark, ofOrigin: origin)
        }
    }

    private mutating func takeChannels() throws {
        var coding = RetainedCoding()
        while try input.flag() {
            let (name, channel) = try ContentFormat.readChannel(&input)
            try CheckpointTable.store(db, channel, named: name)
            let publications = try coding.read(&input, of: channel)
            let bodies = try RetainedBodies.read(publications, &input)
            try adoption.keep(publications, of: name, epoch: channel.epoch) { [places, retained] cursor in
                bodies[cursor] ?? places[cursor].map { retained[$0].entry }
            }
        }
    }
}
