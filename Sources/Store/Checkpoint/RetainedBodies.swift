import GRDB
import Journal
import Migrations

/// Bodies of retained publications that a checkpoint carries, because the stream doesn't have them.
struct RetainedBodies {
    /// Publications of lineages below this one are carried.
    let below: UInt64
    private var bytesLeft: Int

    init(below: UInt64, bytesLeft: Int) {
        self.below = below
        self.bytesLeft = bytesLeft
    }

    /// Writes how many of a channel's oldest publications have their bodies here, and the bodies.
    ///
    /// - Returns: how many they are; none where the bytes don't suffice for all of the channel's.
    mutating func write(
        _ publications: [JournalAdoption.Retained], of name: String, epoch: Journal.Cursor, from db: Database,
        to out: inout ContentWriter
    ) throws -> Int {
        // Ascending by place: those of older lineages come first.
        let wanted = publications.prefix { $0.cursor.lineage < below }
        guard bytesLeft > 0, let first = wanted.first, let last = wanted.last else {
            out.append(0 as UInt64)
            return 0
        }
        let rows = try JournalTable.publications(
            db, channel: name, epoch: epoch, offsets: first.offset...last.offset, limit: wanted.count)
        let payloads = rows.map { StreamEntryCoding.encode($0.entry) }
        let bytes = payloads.reduce(0) { $0 + $1.count }
        guard payloads.count == wanted.count, bytes <= bytesLeft else {
            out.append(0 as UInt64)
            return 0
        }
        bytesLeft -= bytes
        out.append(UInt64(payloads.count))
        for payload in payloads { out.append(payload) }
        return payloads.count
    }

    /// Reads the bodies of a channel's oldest publications.
    static func read(
        _ publications: [JournalAdoption.Retained], _ input: inout ContentReader
    ) throws(JournalError) -> [Journal.Cursor: Entry] {
        let count = try input.unsigned()
        guard count <= UInt64(publications.count) else { throw ContentReader.damaged("it has too many bodies") }
        var bodies: [Journal.Cursor: Entry] = [:]
        for publication in publications.prefix(Int(count)) {
            let payload = try input.data()
            do throws(StreamEntryCoding.Fault) {
                bodies[publication.cursor] = try StreamEntryCoding.decode(payload)
            } catch { throw ContentReader.damaged("a body can't be read: \(error.description)") }
        }
        return bodies
    }
}

extension CheckpointContent {
    /// Bytes of the bodies that one checkpoint carries at most.
    static let bodyBytesMax = 67_108_864
}
