import Foundation
import Migrations
import TestSupport
import Testing

@Suite struct HeadRecordTests {
    private static func record(_ sequence: UInt64, clean: Bool = false, boot: String = "b-1") -> HeadRecord {
        HeadRecord(
            lineage: 7, sequence: sequence, checksum: 0xFEDC_BA98_7654_3210 ^ sequence, durability: .os, bootID: boot,
            isClean: clean)
    }

    @Test(arguments: [
        record(0), record(.max, clean: true), record(1, boot: ""),
        record(2, boot: "6d1a4f2e-9f35-4c1c-8df4-0123456789ab"),
    ])
    func slot_whenReadBack_saysTheSame(record: HeadRecord) throws {
        let slot = record.encoded(generation: 42)
        #expect(slot.count == HeadRecord.slotBytes)
        let read = try #require(HeadRecord.decode(slot[...]))
        #expect(read.record == record)
        #expect(read.generation == 42)
    }

    @Test func slot_whenBootIDIsTooLong_keepsItsPrefix() throws {
        let read = try #require(
            HeadRecord.decode(Self.record(1, boot: String(repeating: "x", count: 500)).encoded(generation: 1)[...]))
        #expect(read.record.bootID == String(repeating: "x", count: 64))
    }

    @Test func slot_whenAnyBitIsFlipped_isUnreadable() {
        let slot = Self.record(99).encoded(generation: 3)
        for bit in 0..<(slot.count * 8) {
            var damaged = slot
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(HeadRecord.decode(damaged[...]) == nil, "bit \(bit) was not noticed")
        }
    }

    @Test func slot_whenCutShort_isUnreadable() {
        let slot = Self.record(99).encoded(generation: 3)
        for count in 0..<slot.count { #expect(HeadRecord.decode(slot[..<count]) == nil) }
    }

    @Test func file_whenNew_hasNoRecordAndBothSlots() throws {
        let directory = try TemporaryDirectory()
        let file = try HeadFile(directory.data)
        #expect(file.record == nil)
        #expect(try TemporaryDirectory.bytes(directory.data.headRecord).count == 2 * HeadRecord.slotBytes)
        #expect(HeadFile.peek(directory.data) == nil)
    }

    @Test func file_whenReopenedAfterEachWrite_tellsTheNewest() throws {
        let directory = try TemporaryDirectory()
        for sequence in 1...9 as ClosedRange<UInt64> {
            let file = try HeadFile(directory.data)
            #expect(file.record?.sequence == (sequence == 1 ? nil : sequence - 1))
            try file.write(Self.record(sequence), sync: sequence % 2 == 0)
            #expect(HeadFile.peek(directory.data) == Self.record(sequence))
            #expect(try TemporaryDirectory.bytes(directory.data.headRecord).count == 2 * HeadRecord.slotBytes)
        }
    }

    /// A write that was torn at any byte leaves the record before it.
    @Test func file_whenNewestSlotIsTorn_fallsBackToTheOther() throws {
        let directory = try TemporaryDirectory()
        let file = try HeadFile(directory.data)
        try file.write(Self.record(1), sync: false)
        try file.write(Self.record(2), sync: false)
        let before = try TemporaryDirectory.bytes(directory.data.headRecord)
        try file.write(Self.record(3), sync: false)
        let after = try TemporaryDirectory.bytes(directory.data.headRecord)
        let changed = before.indices.filter { before[$0] != after[$0] }
        for count in 0..<changed.count {
            var torn = before
            for index in changed[..<count] { torn[index] = after[index] }
            try TemporaryDirectory.write(torn, to: directory.data.headRecord)
            #expect(HeadFile.peek(directory.data)?.sequence == 2, "torn after \(count) bytes")
        }
    }

    @Test func file_whenBothSlotsAreDamaged_hasNoRecord() throws {
        let directory = try TemporaryDirectory()
        let file = try HeadFile(directory.data)
        try file.write(Self.record(1), sync: true)
        try file.write(Self.record(2), sync: true)
        var bytes = try TemporaryDirectory.bytes(directory.data.headRecord)
        bytes[30] ^= 1
        bytes[HeadRecord.slotBytes + 30] ^= 1
        try TemporaryDirectory.write(bytes, to: directory.data.headRecord)
        #expect(HeadFile.peek(directory.data) == nil)
        #expect(try HeadFile(directory.data).record == nil)
    }

    @Test(arguments: [0, 1, 127, 128, 200, 255])
    func file_whenCutShort_isFilledUpAndKeepsWhatIsWhole(count: Int) throws {
        let directory = try TemporaryDirectory()
        let file = try HeadFile(directory.data)
        try file.write(Self.record(1), sync: false)
        try file.write(Self.record(2), sync: false)
        let bytes = try TemporaryDirectory.bytes(directory.data.headRecord)
        try TemporaryDirectory.write(Array(bytes[..<count]), to: directory.data.headRecord)
        let reopened = try HeadFile(directory.data)
        #expect(reopened.record?.sequence == (count >= HeadRecord.slotBytes ? 2 : nil))
        #expect(try TemporaryDirectory.bytes(directory.data.headRecord).count == 2 * HeadRecord.slotBytes)
    }

    /// A record that can't be read because of an input error must not be overwritten with zeros.
    @Test func file_whenItCannotBeRead_throws() throws {
        let directory = try TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: directory.data.headRecord, withIntermediateDirectories: true)
        #expect(throws: StorageError.self) { try HeadFile(directory.data) }
    }

    @Test func bootID_onLinux_isAKernelUUID() { #expect(currentBootID().count == 36) }
}
