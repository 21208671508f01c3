import Foundation

/// The side file that holds the head record in two slots, written in turn.
///
/// - Guarantee: a torn write damages one slot; the other still tells the record before it.
/// - Isolation: one owner at a time; not Sendable.
public final class HeadFile {
    private let descriptor: Int32
    private let path: String
    private var generation: UInt64
    /// The newest readable record, nil when there is none.
    public private(set) var record: HeadRecord?

    /// Opens or creates the file and reads the newer readable slot.
    ///
    /// Both slots are written at once on creation, so that a full disk can't stop a later update in place.
    public init(_ directory: DataDirectory) throws(StorageError) {
        path = directory.headRecord
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw StorageError(.directoryUnusable, "the head record \(path) can't be opened: \(systemMessage(errno))")
        }
        var bytes = [UInt8](repeating: 0, count: 2 * HeadRecord.slotBytes)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard count >= 0 else {
            // Filling it up now would wipe a record that may be readable again later.
            throw StorageError(.inputOutput, "the head record \(path) can't be read: \(systemMessage(errno))")
        }
        let newest = Self.newest(in: bytes)
        generation = newest?.generation ?? 0
        record = newest?.record
        if count < bytes.count { try writeAll([UInt8](repeating: 0, count: bytes.count), at: 0, onlyPast: count) }
    }

    deinit { close(descriptor) }

    /// Replaces the older slot.
    ///
    /// - Parameter sync: true forces the slot to the disk before returning.
    public func write(_ record: HeadRecord, sync: Bool) throws(StorageError) {
        generation &+= 1
        let offset = Int(generation % 2) * HeadRecord.slotBytes
        try writeAll(record.encoded(generation: generation), at: offset, onlyPast: 0)
        if sync, fsync(descriptor) != 0 {
            throw StorageError(
                .inputOutput, "the head record \(path) can't be forced to the disk: \(systemMessage(errno))")
        }
        self.record = record
    }

    /// Reads the record of a directory without opening it for writing; nil when missing or unreadable.
    public static func peek(_ directory: DataDirectory) -> HeadRecord? {
        guard let data = FileManager.default.contents(atPath: directory.headRecord) else { return nil }
        return newest(in: Array(data))?.record
    }

    private static func newest(in bytes: [UInt8]) -> (record: HeadRecord, generation: UInt64)? {
        [0, HeadRecord.slotBytes]
            .compactMap { start in
                guard bytes.count >= start + HeadRecord.slotBytes else { return nil }
                return HeadRecord.decode(bytes[start..<(start + HeadRecord.slotBytes)])
            }
            .max { $0.generation < $1.generation }
    }

    private func writeAll(_ bytes: [UInt8], at offset: Int, onlyPast start: Int) throws(StorageError) {
        let written = bytes.withUnsafeBytes {
            pwrite(descriptor, $0.baseAddress.map { $0 + start }, $0.count - start, off_t(offset + start))
        }
        guard written == bytes.count - start else {
            throw StorageError(
                errno == ENOSPC ? .diskFull : .inputOutput,
                "the head record \(path) can't be written: \(systemMessage(errno))")
        }
    }
}

/// The kernel's identity of this boot, empty where the system doesn't tell.
public func currentBootID() -> String {
    guard let data = FileManager.default.contents(atPath: "/proc/sys/kernel/random/boot_id") else { return "" }
    return String(decoding: data, as: UTF8.self).filter { !$0.isWhitespace }
}
