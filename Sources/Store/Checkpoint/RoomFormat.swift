import Journal

/// The binary form of a waiting room, in the file and in a checkpoint for other nodes.
enum RoomFormat {
    static func write(_ room: WaitingRoom, to out: inout ContentWriter) {
        for text in [room.hash, room.activity, room.policy] { out.append(text) }
        out.append(room.options)
        out.append(signed: room.createdAt)
        out.append(signed: room.usedAt)
        out.append(optional: room.session) { $0.append($1) }
        for flag in [room.isPaused, room.isClosed, room.hasEnded] { out.append(flag) }
        for number in [room.capacity, room.revision, room.told] { out.append(number) }
        out.append(signed: room.toldAt)
        for (token, offer) in room.offers.sorted(by: { $0.key < $1.key }) {
            out.append(true)
            out.append(token)
            out.append(offer.values)
            out.append(signed: offer.expiresAt)
        }
        out.append(false)
        write(room.line, to: &out)
    }

    static func read(_ input: inout ContentReader) throws(JournalError) -> WaitingRoom {
        var room = WaitingRoom(
            hash: try input.text(), activity: try input.text(), policy: try input.text(), options: try input.data(),
            createdAt: try input.signed(), usedAt: try input.signed())
        room.session = try input.optional { input throws(JournalError) in try input.text() }
        (room.isPaused, room.isClosed, room.hasEnded) = (try input.flag(), try input.flag(), try input.flag())
        (room.capacity, room.revision, room.told) = (try input.number(), try input.number(), try input.number())
        room.toldAt = try input.signed()
        while try input.flag() {
            let token = try input.text()
            room.offers[token] = WaitingRoom.Offer(values: try input.data(), expiresAt: try input.signed())
        }
        room.line = try readLine(&input)
        return room
    }

    private static func write(_ line: WaitingLine, to out: inout ContentWriter) {
        out.append(line.lastTicket)
        out.append(signed: line.pace.firstAt)
        out.append(signed: line.pace.lastAt)
        out.append(line.pace.count)
        for (waiter, ticket) in line.admitted.sorted(by: { $0.key < $1.key }) {
            out.append(true)
            out.append(waiter)
            out.append(ticket)
        }
        out.append(false)
        for place in line.places {
            out.append(true)
            out.append(place.waiter)
            out.append(place.ticket)
            out.append(place.name)
            out.append(signed: place.joinedAt)
            out.append(place.holder.origin)
            out.append(place.holder.counter)
            out.append(optional: place.awayAt) { $0.append(signed: $1) }
        }
        out.append(false)
    }

    private static func readLine(_ input: inout ContentReader) throws(JournalError) -> WaitingLine {
        let lastTicket = try input.number()
        let pace = WaitingLine.Pace(
            firstAt: try input.signed(), lastAt: try input.signed(), count: try input.number())
        var (admitted, places): ([String: UInt64], [WaitingPlace]) = ([:], [])
        while try input.flag() {
            let waiter = try input.text()
            admitted[waiter] = try input.number()
        }
        while try input.flag() {
            let place = WaitingPlace(
                waiter: try input.text(), ticket: try input.number(), name: try input.text(),
                joinedAt: try input.signed(), holder: EntryID(origin: try input.number(), counter: try input.number()),
                awayAt: try input.optional { input throws(JournalError) in try input.signed() })
            guard place.ticket > places.last?.ticket ?? 0, place.ticket <= lastTicket else {
                throw ContentReader.damaged("a line is out of order")
            }
            places.append(place)
        }
        return WaitingLine(places: places, admitted: admitted, lastTicket: lastTicket, pace: pace)
    }

    /// A room as one row's bytes: chunks, each behind its size in four bytes.
    static func row(_ room: WaitingRoom) -> [UInt8] {
        var out = ContentWriter(expectedBytes: 256 + room.line.count * bytesPerPlace)
        write(room, to: &out)
        var row: [UInt8] = []
        for chunk in out.finish() {
            withUnsafeBytes(of: UInt32(chunk.count).littleEndian) { row.append(contentsOf: $0) }
            row.append(contentsOf: chunk)
        }
        return row
    }

    /// The room in a row's bytes.
    static func room(ofRow bytes: [UInt8]) throws(JournalError) -> WaitingRoom {
        var (chunks, rest): ([[UInt8]], ArraySlice<UInt8>) = ([], bytes[...])
        while !rest.isEmpty {
            let size = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
            guard rest.count >= 4 + size, size > 0 else { throw ContentReader.damaged("a room ends too early") }
            chunks.append(Array(rest.dropFirst(4).prefix(size)))
            rest = rest.dropFirst(4 + size)
        }
        var input = try ContentReader(chunks)
        return try read(&input)
    }

    /// About; only memory depends on it.
    private static let bytesPerPlace = 96
}
