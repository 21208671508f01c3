import Journal
import NIOCore

/// The Valkey or Redis of an ActiveBits deployment; nothing is ever written to it.
struct ActiveBitsSource: Sendable {
    /// Keys that SCAN looks at in one step.
    static let scanCount = 500
    /// Time for one reply.
    static let replyDeadline = TimeAmount.seconds(30)
    /// Bytes of values that are asked for at once: together they are in memory.
    static let valueBytesAtOnce = 8 * ActiveBitsRecord.documentBytesMax

    /// A key with what could be read of it.
    struct Read: Sendable {
        /// For people: what is no UTF-8 in it is replaced.
        let key: String
        let record: Result<ActiveBitsRecord, SkipReason>
    }

    private let connection: RedisConnection

    /// Opens a connection.
    ///
    /// - Errors: ``Exit`` with one sentence without secrets.
    static func connect(to address: RedisAddress, group: any EventLoopGroup) async throws -> ActiveBitsSource {
        do throws(RedisError) {
            return ActiveBitsSource(connection: try await RedisConnection.connect(to: address, on: group.any()))
        } catch { throw Exit(.unavailable, sentence(error)) }
    }

    /// The keys of a kind with their values, page by page.
    func pages(of kind: ActiveBitsRecord.Kind) -> Pages { Pages(source: self, kind: kind) }

    /// Closes the connection.
    func close() { connection.close() }

    /// One pass of SCAN. A key that stays during the whole pass comes at least once.
    struct Pages {
        fileprivate let source: ActiveBitsSource
        fileprivate let kind: ActiveBitsRecord.Kind
        /// Where SCAN goes on; nil at the end.
        private var cursor: String? = "0"

        fileprivate init(source: ActiveBitsSource, kind: ActiveBitsRecord.Kind) {
            (self.source, self.kind) = (source, kind)
        }

        /// The next page, which may be empty; nil after the last one.
        mutating func next() async throws -> [Read]? {
            guard let cursor else { return nil }
            let (next, keys) = try await source.scan(cursor, kind.pattern)
            self.cursor = next == "0" ? nil : next
            return try await source.read(keys)
        }
    }

    private func scan(_ cursor: String, _ pattern: String) async throws -> (cursor: String, keys: [[UInt8]]) {
        let command = RedisCommand("SCAN", cursor, "MATCH", pattern, "COUNT", String(Self.scanCount))
        let reply = try await ask([command]).first
        if let error = reply?.serverError { throw Exit(.unavailable, Self.sentence(.server(error))) }
        guard let next = reply?[0]?.text, let list = reply?[1] else {
            throw Exit(.unavailable, "The server answered SCAN with what no Redis or Valkey answers.")
        }
        var seen: Set<[UInt8]> = []
        let keys = (0..<list.count).compactMap { list[$0]?.bytes }.filter { seen.insert($0).inserted }
        return (next, keys)
    }

    /// Type and length first: a value of another type or size is never asked for.
    private func read(_ keys: [[UInt8]]) async throws -> [Read] {
        guard !keys.isEmpty else { return [] }
        let facts = try await ask(
            keys.flatMap { [RedisCommand("TYPE").appending($0), RedisCommand("STRLEN").appending($0)] })
        var reads: [Read] = []
        var (readable, bytes) = ([[UInt8]](), 0)
        for (index, key) in keys.enumerated() {
            let (type, length) = (facts[2 * index], facts[2 * index + 1])
            switch Self.obstacle(type: type, length: length) {
            case let obstacle?: reads.append(Read(key: Self.text(key), record: .failure(obstacle)))
            case nil:
                let size = Int(clamping: length.integer ?? 0)
                if bytes + size > Self.valueBytesAtOnce {
                    reads += try await values(of: readable)
                    (readable, bytes) = ([], 0)
                }
                readable.append(key)
                bytes += size
            }
        }
        return reads + (try await values(of: readable))
    }

    private static func obstacle(type: RESPReply, length: RESPReply) -> SkipReason? {
        if let error = type.serverError { return .unreadable(error.description) }
        if type.text == "none" { return .expired }
        guard type.text == "string" else { return .notAString }
        if let error = length.serverError { return .unreadable(error.description) }
        guard let length = length.integer else { return .notAString }
        return length > Int64(ActiveBitsRecord.documentBytesMax) ? .tooLarge : nil
    }

    private func values(of keys: [[UInt8]]) async throws -> [Read] {
        guard !keys.isEmpty else { return [] }
        let replies = try await ask(
            keys.flatMap { [RedisCommand("PTTL").appending($0), RedisCommand("GET").appending($0)] })
        return keys.enumerated().map { index, key in
            let name = Self.text(key)
            return Read(key: name, record: Self.record(name, replies[2 * index], replies[2 * index + 1]))
        }
    }

    private static func record(
        _ key: String, _ remaining: RESPReply, _ value: RESPReply
    ) -> Result<ActiveBitsRecord, SkipReason> {
        if let error = remaining.serverError ?? value.serverError {
            return .failure(error.kind == .wrongType ? .notAString : .unreadable(error.description))
        }
        guard let bytes = value.bytes, let remaining = remaining.integer else { return .failure(.expired) }
        return .success(ActiveBitsRecord(key: key, value: bytes, remaining: remaining))
    }

    /// Sends commands in one go; one reply for each, in order.
    private func ask(_ commands: [RedisCommand]) async throws -> [RESPReply] {
        do {
            return try await connection.send(commands, deadline: Self.replyDeadline).get()
        } catch {
            let sentence = (error as? RedisError).map(Self.sentence) ?? "The connection ended: \(error)."
            throw Exit(.unavailable, sentence + " Repeat the command to go on: what was brought stays.")
        }
    }

    private static func text(_ key: [UInt8]) -> String { String(decoding: key, as: UTF8.self) }

    /// The error as a sentence.
    static func sentence(_ error: RedisError) -> String {
        let text = error.description
        return text.prefix(1).uppercased() + text.dropFirst() + (text.last == "." || text.last == "?" ? "" : ".")
    }
}
