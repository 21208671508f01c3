import CHiredis
import NIOCore

/// A command of Redis: its words, kept one behind the other in one buffer.
///
/// - Bounds: what Redis takes; words are bytes of any value.
public struct RedisCommand: Sendable, Equatable {
    private var bytes: [UInt8] = []
    private var lengths: [Int] = []

    /// A command of its words.
    public init(_ words: String...) { self.init(words: words) }

    /// A command of its words.
    public init(words: some Sequence<String>) {
        for word in words { append(word) }
    }

    /// A command of its words.
    public init(words: some Sequence<[UInt8]>) {
        for word in words { append(word) }
    }

    /// An empty command with room for its words.
    public init(reservingBytes byteCount: Int, words wordCount: Int) {
        bytes.reserveCapacity(byteCount)
        lengths.reserveCapacity(wordCount)
    }

    /// Adds a word.
    public mutating func append(_ word: String) {
        let start = bytes.count
        bytes.append(contentsOf: word.utf8)
        lengths.append(bytes.count - start)
    }

    /// Adds a word.
    public mutating func append(_ word: some Collection<UInt8>) {
        let start = bytes.count
        bytes.append(contentsOf: word)
        lengths.append(bytes.count - start)
    }

    /// The command with one more word.
    public func appending(_ word: some Collection<UInt8>) -> RedisCommand {
        var longer = self
        longer.append(word)
        return longer
    }

    /// The first word, for messages: it never holds a secret.
    var name: String { String(decoding: bytes.prefix(lengths.first ?? 0), as: UTF8.self) }

    /// Whether there is nothing to send.
    var isEmpty: Bool { lengths.isEmpty }

    /// Writes the command in wire format.
    ///
    /// - Returns: false when libhiredis has no memory for it; then nothing was written.
    func write(into buffer: inout ByteBuffer) -> Bool {
        // The pointers into `bytes` live only inside this closure: Swift may release the array after its last use.
        bytes.withUnsafeBytes { content in
            withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: lengths.count) { words in
                withUnsafeTemporaryAllocation(of: Int.self, capacity: lengths.count) { counts in
                    var offset = 0
                    for (index, length) in lengths.enumerated() {
                        let start = content.baseAddress?.advanced(by: offset).assumingMemoryBound(to: CChar.self)
                        words.initializeElement(at: index, to: start)
                        counts.initializeElement(at: index, to: length)
                        offset += length
                    }
                    return Self.format(words, counts, into: &buffer)
                }
            }
        }
    }

    private static func format(
        _ words: UnsafeMutableBufferPointer<UnsafePointer<CChar>?>,
        _ counts: UnsafeMutableBufferPointer<Int>,
        into buffer: inout ByteBuffer
    ) -> Bool {
        var target: UnsafeMutablePointer<CChar>?
        let written = counts.withMemoryRebound(to: size_t.self) {
            redisFormatCommandArgv(&target, Int32(clamping: words.count), words.baseAddress, $0.baseAddress)
        }
        guard written >= 0, let target else { return false }
        buffer.writeBytes(UnsafeRawBufferPointer(start: target, count: Int(written)))
        redisFreeCommand(target)
        return true
    }
}
