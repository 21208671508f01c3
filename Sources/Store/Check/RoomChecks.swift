import GRDB
import Journal
import Migrations

/// Invariants of the links and their waiting rooms in the checkpoint.
enum RoomChecks {
    static func rooms(_ db: Database) throws -> Finding {
        var faults = JournalScan.Faults()
        let statement = try RawStatement(
            db, "SELECT hash, content, session, waiting, due_at, activity, policy FROM waiting_room")
        defer { statement.reset() }
        var count = 0
        while try statement.step() {
            count += 1
            let hash = statement.text(0)
            let room: WaitingRoom
            do throws(JournalError) { room = try RoomFormat.room(ofRow: statement.bytes(1)) } catch {
                faults.note("room \(hash): \(error.message)")
                continue
            }
            let session = statement.isNull(2) ? nil : statement.text(2)
            let isSame =
                room.hash == hash && room.session == session && Int64(room.line.count) == statement.int64(3)
                && room.dueAt == statement.int64(4) && room.activity == statement.text(5)
                && room.policy == statement.text(6)
            if !isSame { faults.note("the columns of room \(hash) say something else than its content") }
            if let fault = try fault(of: room, db) { faults.note("room \(hash) \(fault)") }
        }
        let most = RoomTable.roomsMax
        if count > most { faults.note("\(count) links, of \(most) at most") }
        return Finding("rooms", faults, ok: "\(count) in the checkpoint, each consistent")
    }

    private static func fault(of room: WaitingRoom, _ db: Database) throws -> String? {
        if room.told > room.revision { return "was told more than there is" }
        if let session = room.session {
            guard let live = try CheckpointTable.session(db, id: session) else { return "is live without a session" }
            if live.endedAt != nil { return "is live in a session that has ended" }
        } else if !room.line.admitted.isEmpty {
            return "has let people in without a session"
        }
        return nil
    }
}
