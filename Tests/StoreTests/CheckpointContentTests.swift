import GRDB
import Journal
import Migrations
import TestSupport
import Testing

@testable import Store

@Suite struct CheckpointContentTests {
    private let node: FleetNode
    private let stream: FleetStream

    init() throws {
        var stream = FleetStream(seed: 5)
        node = try FleetNode()
        try node.take([stream.open(3, from: .start)])
        for _ in 0..<60 { try node.take([stream.next(after: try node.whole())]) }
        self.stream = stream
    }

    private func content(document: Int = 0) throws -> CheckpointContent {
        if document > 0 {
            var stream = stream
            for n in 0..<3 {
                let text = "\"" + String(repeating: "x", count: document) + "\""
                try node.take([stream.add(.session(.sessionCreate, "big\(n)", text), after: try node.whole())])
            }
        }
        return try node.content(of: stream.entries)
    }

    /// What a file has to say about a node's state, to see that nothing was changed.
    private func contents(of node: FleetNode) throws -> [String] {
        try node.file.read { db in
            let sql = """
                SELECT 'meta ' || key || ' ' || value FROM meta UNION ALL SELECT 'row ' || row FROM journal
                UNION ALL SELECT 'window ' || id FROM window UNION ALL SELECT 'session ' || id FROM session
                UNION ALL SELECT 'channel ' || name || top FROM channel UNION ALL SELECT 'span ' || first_row FROM lineage
                """
            return try String.fetchAll(db, sql: sql).sorted()
        }
    }

    private func expectRefused(_ content: CheckpointContent, by other: FleetNode, _ what: String) throws {
        let before = try contents(of: other)
        let error = #expect(throws: JournalError.self, "\(what)") {
            try CheckpointContent.adopt(content, into: other.file)
        }
        #expect(error?.code == .corrupt, "\(what)")
        #expect(try contents(of: other) == before, "\(what)")
    }

    @Test func content_overManyChunks_isTakenWhole() throws {
        let content = try content(document: 700_000)
        #expect(content.chunks.count == 3)
        #expect(content.chunks.allSatisfy { $0.count <= 1 << 20 })
        let other = try FleetNode()
        try other.adopt(content)
        #expect(try other.whole() == node.whole())
        var torn = content
        torn.chunks.removeLast()
        try expectRefused(torn, by: FleetNode(), "a chunk is missing")
        torn = content
        torn.chunks.swapAt(0, 1)
        try expectRefused(torn, by: FleetNode(), "chunks in another order")
    }

    /// The checksum finds every change; a wrong one that comes with its checksum is found by the reading, or is another state.
    @Test func changedBytes_areRefusedAndChangeNothing() throws {
        let (content, other) = (try content(), try FleetNode())
        var chance = SeededGenerator(seed: 9)
        for _ in 0..<60 {
            var changed = content
            let index = chance.index(below: changed.chunks[0].count)
            changed.chunks[0][index] ^= UInt8(1 << chance.index(below: 8))
            try expectRefused(changed, by: other, "byte \(index)")
        }
        for count in [0, 1, 7, 8, 9, 100, content.chunks[0].count - 1] {
            var cut = content
            cut.chunks[0] = Array(cut.chunks[0].prefix(count))
            try expectRefused(cut, by: other, "\(count) bytes")
        }
        var none = content
        none.chunks = []
        try expectRefused(none, by: other, "no chunks")
        var elsewhere = content
        elsewhere.place = Place(cursor: content.place.cursor.next, id: content.place.id)
        try expectRefused(elsewhere, by: other, "another place")
    }

    @Test func changedBytesWithTheirChecksum_neverTrap() throws {
        let content = try content()
        var chance = SeededGenerator(seed: 10)
        var refused = 0
        for _ in 0..<300 {
            var bytes = Array(content.chunks[0].dropLast(8))
            for _ in 0...chance.index(below: 3) {
                bytes[chance.index(below: bytes.count)] = UInt8(chance.pick([0, 1, 0x7f, 0x80, 0xff, 0x22]))
            }
            if chance.happens(oneIn: 5) { bytes.removeLast(chance.index(below: bytes.count)) }
            var changed = content
            changed.chunks = [Self.sealed(bytes)]
            do throws(JournalError) {
                _ = try CheckpointContent.adopt(changed, into: node.file)
            } catch { refused += 1 }
        }
        #expect(refused > 30)
    }

    private static func sealed(_ bytes: [UInt8]) -> [UInt8] {
        let sum = RowChecksum.of(bytes)
        return bytes + (0..<8).map { UInt8(truncatingIfNeeded: sum >> (8 * UInt64($0))) }
    }

    @Test func otherFormat_isNamed() throws {
        var out = ContentWriter()
        out.append(ContentFormat.magic)
        out.append(ContentFormat.version + 1)
        var content = try content()
        content.chunks = out.finish()
        let error = #expect(throws: JournalError.self) { try CheckpointContent.adopt(content, into: node.file) }
        #expect(error?.message.contains("format \(ContentFormat.version)") == true)
    }

    @Test func numbers_comeBackAsTheyWere() throws {
        var (out, numbers) = (ContentWriter(), [0, 1, 127, 128, 1 << 32, UInt64.max - 1, .max] as [UInt64])
        var chance = SeededGenerator(seed: 3)
        for _ in 0..<500 { numbers.append(chance.next() >> UInt64(chance.index(below: 64))) }
        for number in numbers {
            out.append(number)
            out.append(signed: Int64(bitPattern: number))
            out.append(optional: number.isMultiple(of: 2) ? number : nil) { $0.append($1) }
        }
        var input = try ContentReader(out.finish())
        for number in numbers {
            #expect(try input.number() == number)
            #expect(try input.signed() == Int64(bitPattern: number))
            let back = try input.optional { input throws(JournalError) in try input.number() }
            #expect(back == (number.isMultiple(of: 2) ? number : nil))
        }
        #expect(input.isAtEnd)
        #expect(throws: JournalError.self) { try input.number() }
    }

    /// What retention doesn't keep isn't listed, and what is needed begins with the oldest that is.
    @Test func retention_boundsWhatIsListed() throws {
        var stream = stream
        for n in 0..<20 { try node.take([stream.add(.publish("kept", "\(n)"), after: try node.whole())]) }
        let none = try node.content(of: stream.entries, bytesMax: 0)
        #expect(none.retainedFrom == none.place.cursor)
        let some = try node.content(of: stream.entries, bytesMax: 5 * 260)
        #expect(some.retainedFrom < some.place.cursor && some.retained.count < 20)
        let other = try FleetNode()
        try other.adopt(some)
        let (window, all) = (try other.window(of: "kept"), try node.window(of: "kept"))
        #expect(window.count == some.retained.count && window == all.suffix(window.count))
        #expect(try node.content(of: stream.entries).retainedFrom < some.retainedFrom)
    }

    @Test func fileWithoutACheckpoint_hasNoContent() throws {
        #expect(throws: (any Error).self) {
            try FleetNode().file.read {
                try CheckpointContent.write(
                    from: $0, retention: RetainedPublications.Retention(milliseconds: 1, bytesMax: 1))
            }
        }
    }
}
