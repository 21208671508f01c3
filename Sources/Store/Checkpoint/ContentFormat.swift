import Journal

/// The binary form of a checkpoint, part by part: what is written here is read here.
///
/// Magic and version; place, chain and the other facts of the whole state; then epochs of buckets, origins, idempotency
/// records, attempts, waiting rooms, sessions and channels, each row after a 1 and each list ended by a 0. A channel is
/// followed by the places of its retained publications.
enum ContentFormat {
    /// "ANTR" read as a number.
    static let magic: UInt64 = 0x414e_5452
    static let version: UInt64 = 3

    static func writeHead(_ state: State, to out: inout ContentWriter) {
        out.append(magic)
        out.append(version)
        out.append(state.place.description)
        out.append(state.chain.description)
        out.append(state.outcomeHash.value)
        out.append(signed: state.journalTime)
        write(state.epochBase, to: &out)
        out.append(state.epochSalt)
        out.append(state.idSecret)
    }

    static func readHead(_ input: inout ContentReader) throws(JournalError) -> State {
        guard try input.number() == magic else { throw ContentReader.damaged("it is no checkpoint") }
        let version = try input.number()
        guard version == Self.version else {
            throw JournalError(
                .corrupt, "the checkpoint has format \(version) and this node reads format \(Self.version); upgrade it")
        }
        var state = State()
        guard let place = Place(try input.text()), let chain = LineageChain(try input.text()) else {
            throw ContentReader.damaged("its place is no place")
        }
        (state.head, state.headID, state.chain) = (place.cursor, place.id, chain)
        state.outcomeHash = OutcomeHash(try input.number())
        state.journalTime = try input.signed()
        state.epochBase = try input.cursor()
        state.epochSalt = try input.text()
        state.idSecret = try input.data()
        return state
    }

    static func write(_ cursor: Cursor, to out: inout ContentWriter) {
        out.append(cursor.lineage)
        out.append(cursor.sequence)
    }

    static func write(_ session: Session, to out: inout ContentWriter) {
        out.append(session.id)
        out.append(session.type)
        out.append(session.owner)
        out.append(session.document)
        out.append(session.version)
        out.append(signed: session.createdAt)
        out.append(signed: session.updatedAt.subtractingWrapped(session.createdAt))
        out.append(signed: session.touchedAt.subtractingWrapped(session.createdAt))
        out.append(signed: session.ttl)
        out.append(optional: session.endedAt) { $0.append(signed: $1) }
        out.append(optional: session.endReason) { $0.append($1) }
    }

    static func readSession(_ input: inout ContentReader) throws(JournalError) -> Session {
        let (id, type, owner) = (try input.text(), try input.text(), try input.text())
        let (document, version, created) = (try input.data(), try input.unsigned(), try input.signed())
        return Session(
            id: id, type: type, owner: owner, document: document, version: version, createdAt: created,
            updatedAt: created &+ (try input.signed()), touchedAt: created &+ (try input.signed()),
            ttl: try input.signed(), endedAt: try input.optional { input throws(JournalError) in try input.signed() },
            endReason: try input.optional { input throws(JournalError) in try input.text() })
    }

    static func write(_ channel: Channel, named name: String, to out: inout ContentWriter) {
        out.append(name)
        write(channel.epoch, to: &out)
        out.append(channel.top)
        out.append(channel.floor)
        out.append(UInt64(channel.window.size))
        out.append(signed: channel.window.ttl)
        out.append(signed: channel.publishedAt)
        out.append(optional: channel.dataVersion) { out, version in
            out.append(version.number)
            out.append(version.epoch)
        }
    }

    static func readChannel(_ input: inout ContentReader) throws(JournalError) -> (name: String, channel: Channel) {
        let (name, epoch, top, floor) = (
            try input.text(), try input.cursor(), try input.unsigned(), try input.unsigned()
        )
        guard let size = UInt32(exactly: try input.number()), floor <= top else {
            throw ContentReader.damaged("channel \(name) has impossible numbers")
        }
        let window = HistoryWindow(size: size, ttl: try input.signed())
        let publishedAt = try input.signed()
        let dataVersion = try input.optional { input throws(JournalError) in
            DataVersion(number: try input.number(), epoch: try input.text())
        }
        let channel = Channel(
            epoch: epoch, top: top, floor: floor, window: window, publishedAt: publishedAt, dataVersion: dataVersion)
        return (name, channel)
    }

    static func write(
        _ record: IdempotencyWindow.Record, as key: IdempotencyWindow.Key, to out: inout ContentWriter
    ) {
        out.append(key.channel)
        out.append(key.key)
        out.append(record.bodyHash)
        write(record.epoch, to: &out)
        out.append(optional: record.offset) { $0.append($1) }
        out.append(optional: record.version) { $0.append($1) }
        out.append(signed: record.expiresAt)
    }

    static func readIdempotency(
        _ input: inout ContentReader
    ) throws(JournalError) -> (key: IdempotencyWindow.Key, record: IdempotencyWindow.Record) {
        let key = IdempotencyWindow.Key(channel: try input.text(), key: try input.text())
        let record = IdempotencyWindow.Record(
            bodyHash: try input.number(), epoch: try input.cursor(),
            offset: try input.optional { input throws(JournalError) in try input.unsigned() },
            version: try input.optional { input throws(JournalError) in try input.unsigned() },
            expiresAt: try input.signed())
        return (key, record)
    }
}

/// Places of retained publications, each as the difference to the one before.
struct RetainedCoding {
    private var last = Cursor.start

    /// Writes ascending publications that end at the channel's top.
    mutating func write(_ publications: [JournalAdoption.Retained], to out: inout ContentWriter) {
        out.append(UInt64(publications.count))
        for publication in publications {
            let (lineage, sequence) = (publication.cursor.lineage, publication.cursor.sequence)
            // Sequences fit an Int64, so that neither the difference nor its sign is lost.
            let step = Int64(clamping: sequence).subtractingWrapped(Int64(clamping: last.sequence))
            let isSame = lineage == last.lineage
            out.append(isSame)
            if !isSame { out.append(lineage) }
            out.append(signed: step)
            out.append(publication.version.map { $0 &+ 1 } ?? 0)
            last = publication.cursor
        }
    }

    /// Reads them back.
    mutating func read(
        _ input: inout ContentReader, of channel: Channel
    ) throws(JournalError) -> [JournalAdoption.Retained] {
        let count = try input.unsigned()
        guard count <= channel.top - channel.floor else { throw ContentReader.damaged("a window is too long") }
        var publications: [JournalAdoption.Retained] = []
        for index in 0..<count {
            let lineage = try input.flag() ? last.lineage : try input.unsigned()
            let (sequence, overflow) = Int64(clamping: last.sequence).addingReportingOverflow(try input.signed())
            guard !overflow, sequence >= 0 else { throw ContentReader.damaged("a place is out of bounds") }
            let version = try input.number()
            last = Cursor(lineage: lineage, sequence: UInt64(sequence))
            publications.append(
                JournalAdoption.Retained(
                    cursor: last, offset: channel.top - count + index + 1, version: version > 0 ? version - 1 : nil))
        }
        return publications
    }
}

extension Int64 {
    /// Differences of times are read back by adding them the same way.
    fileprivate func subtractingWrapped(_ other: Int64) -> Int64 { self &- other }
}
