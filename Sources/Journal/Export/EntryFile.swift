import Foundation
import Migrations

/// Writes an export: one entry a line.
///
/// - Guarantee: the file appears under its name only when it is whole and forced to the disk.
/// - Isolation: one owner; not Sendable.
public final class EntryFileWriter {
    private let descriptor: Int32
    private let path: String
    private let partial: String
    private var buffer: [UInt8] = []
    private var isFinished = false
    /// How many entries were added.
    public private(set) var count = 0

    private static let bufferBytes = 1 << 20

    /// Begins a file beside the one that it will become.
    public init(path: String) throws(StorageError) {
        self.path = path
        partial = "\(path).\(getpid()).partial"
        descriptor = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw StorageError(.directoryUnusable, "\(path) can't be written: \(systemMessage(errno))")
        }
    }

    deinit {
        close(descriptor)
        if !isFinished { unlink(partial) }
    }

    /// Adds entries.
    public func append(_ rows: [JournalRow]) throws(StorageError) {
        for row in rows {
            buffer.append(contentsOf: EntryLine.encode(row))
            buffer.append(UInt8(ascii: "\n"))
            count += 1
            if buffer.count >= Self.bufferBytes { try flush() }
        }
    }

    /// Puts the file in its place.
    public func finish() throws(StorageError) {
        try flush()
        guard fsync(descriptor) == 0 else { throw failure() }
        try DurableRename.replace(path, with: partial)
        isFinished = true
    }

    private func flush() throws(StorageError) {
        var done = 0
        while done < buffer.count {
            let written = buffer.withUnsafeBytes {
                write(descriptor, $0.baseAddress.map { $0 + done }, $0.count - done)
            }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw failure() }
            done += written
        }
        buffer.removeAll(keepingCapacity: true)
    }

    private func failure() -> StorageError {
        StorageError(errno == ENOSPC ? .diskFull : .inputOutput, "\(path) can't be written: \(systemMessage(errno))")
    }
}

/// Reads an export, a page at a time.
///
/// - Errors: `unavailable` when the file can't be read, `corrupt` with the line's number when a line is no entry.
/// - Bounds: `JournalLimits.exportLineBytesMax` bytes a line.
/// - Isolation: one owner; not Sendable.
public final class EntryFileReader {
    private let file: FileHandle
    private let path: String
    private var rest: [UInt8] = []
    private var line = 0
    private var isAtEnd = false

    private static let chunkBytes = 1 << 18

    /// Opens an export.
    public init(path: String) throws(JournalError) {
        self.path = path
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw JournalError(.unavailable, "\(path) can't be opened: \(systemMessage(errno))")
        }
        self.file = file
    }

    /// The next entries; none at the end.
    public func next() throws(JournalError) -> [JournalRow] {
        var rows: [JournalRow] = []
        while rows.isEmpty, !isAtEnd {
            let chunk: Data?
            do { chunk = try file.read(upToCount: Self.chunkBytes) } catch {
                throw JournalError(.unavailable, "\(path) can't be read: \(error.localizedDescription)")
            }
            if let chunk, !chunk.isEmpty { rest.append(contentsOf: chunk) } else { isAtEnd = true }
            var start = 0
            while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) ?? (isAtEnd ? rest.endIndex : nil) {
                guard start < rest.count else { break }
                line += 1
                if let row = try row(rest[start..<end]) { rows.append(row) }
                start = end + 1
            }
            rest.removeFirst(min(start, rest.count))
            guard rest.count <= JournalLimits.exportLineBytesMax else {
                throw JournalError(.corrupt, "line \(line + 1) of \(path) is too long for an entry")
            }
        }
        return rows
    }

    private func row(_ bytes: ArraySlice<UInt8>) throws(JournalError) -> JournalRow? {
        // A blank line, as editors leave one at the end, is no entry and no fault.
        guard bytes.contains(where: { $0 > 0x20 }) else { return nil }
        do throws(EntryLine.Fault) { return try EntryLine.decode(Array(bytes)) } catch {
            throw JournalError(.corrupt, "line \(line) of \(path) is no entry: \(error)")
        }
    }
}
