import GRDB
import JSONBytes
import Migrations

/// A journal row as the table has it, with its checksum.
struct StoredRow {
    var cursor: Cursor
    var time: Int64
    var origin: UInt64
    var counter: UInt64
    var channel: String
    var kind: String
    var verdict: String
    var epoch: String
    var offset: Int64?
    var version: Int64?
    var header: [UInt8]
    var body: [UInt8]

    static let columns = """
        lineage, sequence, time, origin, counter, channel, kind, verdict, epoch, offset, version, header, body, checksum
        """

    init(_ row: JournalRow) {
        let (entry, outcome) = (row.entry, row.outcome)
        cursor = row.cursor
        time = entry.time
        origin = entry.id.origin
        counter = entry.id.counter
        channel = entry.channel
        kind = entry.kind.rawValue
        verdict = outcome.verdict
        epoch = outcome.epoch?.description ?? ""
        offset = outcome.offset.map { Int64(clamping: $0) }
        version = outcome.version.map { Int64(clamping: $0) }
        header = entry.header.encoded
        body = entry.body
    }

    /// Reads the columns of `columns`, the first at index 1 (0 is the row number), and verifies the checksum.
    init(verifying row: RawStatement) throws(StorageError) {
        cursor = Cursor(lineage: row.unsigned(1), sequence: row.unsigned(2))
        time = row.int64(3)
        origin = row.bits(4)
        counter = row.unsigned(5)
        channel = row.text(6)
        kind = row.text(7)
        verdict = row.text(8)
        epoch = row.text(9)
        offset = row.isNull(10) ? nil : row.int64(10)
        version = row.isNull(11) ? nil : row.int64(11)
        header = row.bytes(12)
        body = row.bytes(13)
        guard checksum == row.bits(14) else {
            throw StorageError(.corrupt, "entry \(cursor) of the journal is damaged: its checksum doesn't match")
        }
    }

    /// Binds the columns of `columns`, the first at index 1.
    func bind(to statement: RawStatement, checksum: UInt64) throws {
        try statement.bind(Int64(clamping: cursor.lineage), at: 1)
        try statement.bind(Int64(clamping: cursor.sequence), at: 2)
        try statement.bind(time, at: 3)
        try statement.bind(bits: origin, at: 4)
        try statement.bind(Int64(clamping: counter), at: 5)
        try statement.bind(channel, at: 6)
        try statement.bind(kind, at: 7)
        try statement.bind(verdict, at: 8)
        try statement.bind(epoch, at: 9)
        try statement.bind(offset, at: 10)
        try statement.bind(version, at: 11)
        try statement.bind(header, at: 12)
        try statement.bind(body, at: 13)
        try statement.bind(bits: checksum, at: 14)
    }

    /// Over every column, so that no field can change unseen.
    var checksum: UInt64 {
        var sum = RowChecksum()
        for word in [cursor.lineage, cursor.sequence, UInt64(bitPattern: time), origin, counter] { sum.combine(word) }
        sum.combine(offset.map { UInt64(bitPattern: $0) } ?? .max)
        sum.combine(version.map { UInt64(bitPattern: $0) } ?? .max)
        sum.combine(channel.utf8)
        sum.combine(kind.utf8)
        sum.combine(verdict.utf8)
        sum.combine(epoch.utf8)
        sum.combine(header)
        sum.combine(body)
        return sum.result
    }

    /// The cost of the row for the size bound of the table.
    var sizeBytes: Int { JournalLimits.rowOverheadBytes + channel.utf8.count + header.count + body.count }

    /// - Errors: `corrupt` for an entry of a kind or form that this version doesn't know: it stops a node, it is never skipped.
    func journalRow() throws(StorageError) -> JournalRow {
        guard let kind = EntryKind(rawValue: kind) else {
            throw StorageError(.corrupt, "entry \(cursor) has the unknown kind \(kind); a newer Anteroom wrote it")
        }
        var outcome = Outcome(
            epoch: Cursor(epoch), offset: offset.map { UInt64(clamping: $0) },
            version: version.map { UInt64(clamping: $0) })
        guard outcome.read(verdict: verdict) else {
            throw StorageError(.corrupt, "entry \(cursor) has the verdict \(verdict), which is none")
        }
        do {
            let entry = Entry(
                id: EntryID(origin: origin, counter: counter), time: time, channel: channel, kind: kind,
                header: try EntryHeader(decoding: header), body: body)
            return JournalRow(cursor: cursor, entry: entry, outcome: outcome)
        } catch {
            throw StorageError(.corrupt, "entry \(cursor) has a header that can't be read: \(error.description)")
        }
    }
}
