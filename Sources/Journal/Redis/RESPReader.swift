import CHiredis

/// Turns the bytes of a connection into replies; libhiredis parses, `RESPFrameScanner` guards it.
///
/// - Guarantee: no stream of bytes traps, and memory stays within the limits; after a violation nothing is read any more.
/// - Isolation: not safe to share; belongs to the event loop of its connection.
final class RESPReader {
    private let reader: UnsafeMutablePointer<redisReader>?
    private var scanner: RESPFrameScanner
    private var failure: RedisError?

    init(limits: RedisLimits = .standard) {
        reader = redisReaderCreate()
        reader?.pointee.maxbuf = RedisLimits.idleBufferBytes
        scanner = RESPFrameScanner(limits: limits)
    }

    deinit {
        if let reader { redisReaderFree(reader) }
    }

    /// Reads more bytes and hands out the replies that they complete, in order.
    ///
    /// Errors: `protocolViolation`, after the replies before it were handed out.
    func read(_ bytes: UnsafeRawBufferPointer, _ deliver: (RESPReply) -> Void) throws(RedisError) {
        if let failure { throw failure }
        guard let reader else { throw fail("no memory for a reader") }
        let scanned = scanner.scan(bytes)
        let end = scanned.violation == nil ? bytes.count : scanned.completeEnd
        var offset = 0
        while offset < end, let base = bytes.baseAddress {
            let count = min(RedisLimits.feedBytes, end - offset)
            let piece = base.advanced(by: offset).assumingMemoryBound(to: CChar.self)
            guard redisReaderFeed(reader, piece, count) == REDIS_OK else { throw fail(reason(of: reader)) }
            offset += count
            try drain(reader, deliver)
        }
        if let violation = scanned.violation { throw fail(violation) }
    }

    private func drain(
        _ reader: UnsafeMutablePointer<redisReader>, _ deliver: (RESPReply) -> Void
    ) throws(RedisError) {
        while true {
            var found: UnsafeMutableRawPointer?
            guard redisReaderGetReply(reader, &found) == REDIS_OK else { throw fail(reason(of: reader)) }
            guard let found else { return }
            deliver(RESPReply(owning: found.assumingMemoryBound(to: redisReply.self)))
        }
    }

    private func fail(_ reason: String) -> RedisError {
        let error = RedisError.protocolViolation("what Redis sent is not its protocol: \(reason)")
        failure = error
        return error
    }

    private func reason(of reader: UnsafeMutablePointer<redisReader>) -> String {
        withUnsafeBytes(of: reader.pointee.errstr) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
