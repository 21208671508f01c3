import Journal
import TestSupport
import Testing

struct StreamEntryCodingTests {
    private func entry(_ random: inout SeededGenerator) -> Entry {
        var header = EntryHeader()
        if random.happens(oneIn: 2) {
            header.history = HistoryWindow(size: .random(in: 0 ... .max, using: &random), ttl: 5)
        }
        if random.happens(oneIn: 3) {
            header.idempotency = IdempotencyClaim(key: random.text(upTo: 9), bodyHash: 7, window: 8)
        }
        if random.happens(oneIn: 3) { header.expectedVersion = random.next() }
        if random.happens(oneIn: 3) { header.session = SessionTerms(type: random.text(upTo: 5), owner: "o", ttl: -1) }
        if random.happens(oneIn: 3) { header.reason = random.text(upTo: 20) }
        let body = (0..<random.index(below: 40)).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        return Entry(
            id: EntryID(origin: random.next(), counter: random.next()),
            time: .random(in: .min ... .max, using: &random), channel: random.text(upTo: 30),
            kind: random.pick(EntryKind.allCases), header: header, body: body)
    }

    @Test func entry_encodedAndDecoded_isTheSame() throws {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<2_000 {
            let entry = entry(&random)
            let bytes = StreamEntryCoding.encode(entry)
            #expect(try StreamEntryCoding.decode(bytes) == entry)
            #expect(StreamEntryCoding.id(of: bytes) == entry.id)
        }
    }

    @Test func entry_withAnyBitFlippedOrCutShort_isRefused() throws {
        var random = SeededGenerator(seed: 2)
        for _ in 0..<40 {
            let bytes = StreamEntryCoding.encode(entry(&random))
            for bit in 0..<(bytes.count * 8) {
                var damaged = bytes
                damaged[bit / 8] ^= 1 << UInt8(bit % 8)
                #expect(throws: StreamEntryCoding.Fault.self) { try StreamEntryCoding.decode(damaged) }
            }
            for count in 0..<bytes.count {
                #expect(throws: StreamEntryCoding.Fault.self) { try StreamEntryCoding.decode(Array(bytes[..<count])) }
            }
        }
    }

    @Test func entry_ofANewerRelease_isRefusedByNameAndItsIdIsStillRead() throws {
        let entry = Entry(id: EntryID(origin: 3, counter: 4), time: 5, channel: "c", kind: .publish, body: [1])
        var bytes = StreamEntryCoding.encode(entry)
        bytes[0] = 2
        #expect(throws: StreamEntryCoding.Fault.unknownForm(2)) { try StreamEntryCoding.decode(bytes) }
        #expect(StreamEntryCoding.id(of: bytes) == entry.id)
        #expect(StreamEntryCoding.id(of: [1, 2]) == EntryID(origin: 0, counter: 0))
    }

    @Test func form_ofAnEntry_staysWhatItWas() {
        let entry = Entry(
            id: EntryID(origin: 0x0102, counter: 3), time: 4, channel: "c:1", kind: .publish, body: [0x7b, 0x7d])
        #expect(
            StreamEntryCoding.encode(entry).dropLast(8).map { $0 } == [
                1, 2, 1, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 2, 3, 0, 0, 0, 0, 0, 0, 0, 2,
                0, 0, 0,
                0x63, 0x3a, 0x31, 0x7b, 0x7d,
            ])
    }

    @Test func pointer_asText_readsBackAndAnythingElseIsRefused() {
        let place = Place(cursor: Cursor(lineage: 7, sequence: 9), id: EntryID(origin: 1, counter: 2))
        let links = [
            LineageChain.Link(lineage: 5, parent: .start, server: ""),
            LineageChain.Link(
                lineage: 7, parent: Place(cursor: Cursor(lineage: 5, sequence: 1), id: place.id), server: "ab"),
        ]
        for chain in [LineageChain(), LineageChain(links)] {
            let pointer = CheckpointPointer(
                place: place, readsAfter: place.cursor, chain: chain, nonce: .max, chunks: 3, checksum: 4,
                retainedFrom: Cursor(lineage: 7, sequence: 1))
            #expect(CheckpointPointer(pointer.text) == pointer)
            #expect(CheckpointPointer(pointer.text + " ") == nil)
            #expect(CheckpointPointer("2" + pointer.text.dropFirst()) == nil)
        }
        #expect(CheckpointPointer("") == nil)
    }
}
