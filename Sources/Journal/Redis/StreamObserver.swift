import NIOCore

/// What a look at a fleet's keys found.
public struct StreamSurvey: Sendable {
    /// The last id that the stream gave out.
    public let top: Cursor
    /// True when the stream still has the first entry that ever was.
    public let isWhole: Bool
    /// The checkpoints that are kept, the oldest first; without that of an empty state.
    public let pointers: [CheckpointPointer]
}

/// Reads a fleet's journal in Redis without being part of the fleet.
///
/// - Guarantee: nothing is ever written: no lease, no post, no opening.
/// - Errors: after any error the connection is closed; `connect` opens a new one.
/// - Isolation: one owner; not Sendable.
public final class StreamObserver {
    private let target: RedisTarget
    private let loop: any EventLoop
    private let keys: StreamKeys
    private let locator: RedisLocator
    private let opening: RedisOpening
    private let terms = SharedTerms()
    private var connection: RedisConnection?
    private var lastError: RedisError?
    private var sizing = ReadSizing()

    /// Names a fleet; `connect` comes first.
    public init(_ target: RedisTarget, prefix: String, on eventLoop: any EventLoop) {
        self.target = target
        loop = eventLoop
        keys = StreamKeys(prefix: prefix)
        locator = RedisLocator(target, key: keys.journal)
        var opening = RedisOpening()
        opening.clientName = "anteroom-replay"
        self.opening = opening
    }

    deinit { connection?.close() }

    /// Closes the connection.
    public func close() {
        connection?.close()
        connection = nil
    }

    /// Finds the primary and makes sure that what it holds can be read.
    ///
    /// - Errors: `unreachable`, `authentication`, `unsupportedVersion`, `clusterWithoutFlag`, `noCluster`, `notAPrimary`.
    public func connect() async throws(RedisError) {
        close()
        sizing = ReadSizing()
        do throws(RedisError) {
            let address = try await locator.located(on: loop, opening, after: lastError)
            let connection = try await RedisConnection.connect(to: address, on: loop, opening)
            self.connection = connection
            let usesNodes = if case .cluster = target { true } else { false }
            try await Self.info(connection, deadline: opening.deadline).verify(usesNodes: usesNodes)
            let form = try await ask([RedisCommand("GET", keys.meta)])[0].checked()
            if let text = form.text { try keys.verify(form: text) }
            lastError = nil
        } catch {
            lastError = error
            close()
            throw error
        }
    }

    private static func info(
        _ connection: RedisConnection, deadline: TimeAmount
    ) async throws(RedisError) -> RedisServerInfo {
        do { return try await RedisServerInfo.read(on: connection, deadline: deadline).get() } catch {
            throw RedisError(error)
        }
    }

    /// Looks at the stream and its checkpoints; nil when there is no journal.
    public func survey() async throws(RedisError) -> StreamSurvey? {
        let commands = [
            RedisCommand("XINFO", "STREAM", keys.journal),
            RedisCommand("XRANGE", keys.journal, "-", "+", "COUNT", "1"),
            RedisCommand("GET", keys.previousPointer), RedisCommand("GET", keys.pointer),
        ]
        let replies = try await ask(commands)
        guard let top = try replies[0].streamTop() else { return nil }
        let first = try Self.entries(try replies[1].rangeRecords()).first
        var pointers: [CheckpointPointer] = []
        for reply in replies[2...] {
            guard let pointer = try reply.pointer(), pointer.place != .start, pointer != pointers.last else { continue }
            pointers.append(pointer)
        }
        let isWhole = first.map { $0.entry.kind == .open && Opening($0.entry).parent == .start } ?? false
        return StreamSurvey(top: top, isWhole: isWhole, pointers: pointers)
    }

    /// Reads a checkpoint; nil when it is gone, or isn't what the pointer says.
    public func content(of pointer: CheckpointPointer) async throws(RedisError) -> CheckpointContent? {
        var chunks: [[UInt8]] = []
        while chunks.count < pointer.chunks {
            for reply in try await ask(keys.reading(pointer, from: chunks.count), within: terms.chunk) {
                let reply = try reply.checked()
                guard reply.kind == .string, let bytes = reply.bytes else { return nil }
                chunks.append(bytes)
            }
        }
        let content = CheckpointContent(
            place: pointer.place, chain: pointer.chain, retainedFrom: pointer.retainedFrom, chunks: chunks)
        return content.checksum == pointer.checksum ? content : nil
    }

    /// The next entries that are there; none at the end.
    ///
    /// - Parameters:
    ///   - cursor: the last one that was read; nil for the beginning.
    ///   - top: none after it.
    /// - Errors: `protocolViolation` and `unsupportedVersion`, too, for an entry that can't be read.
    public func entries(after cursor: Cursor?, through top: Cursor) async throws(RedisError) -> [ArrivedEntry] {
        let first = cursor.map { "(" + $0.streamID } ?? "-"
        let command = RedisCommand("XRANGE", keys.journal, first, top.streamID, "COUNT", String(sizing.count))
        return try took(try await ask([command], within: terms.chunk)[0].rangeRecords())
    }

    /// The next entries, as soon as there are any; none after a while without.
    ///
    /// - Errors: as `entries(after:through:)`.
    public func news(after cursor: Cursor, within milliseconds: Int64) async throws(RedisError) -> [ArrivedEntry] {
        let command = RedisCommand(
            "XREAD", "COUNT", String(sizing.count), "BLOCK", String(max(1, milliseconds)), "STREAMS", keys.journal,
            cursor.streamID)
        return try took(try await ask([command], within: milliseconds + terms.readSlack)[0].readRecords())
    }

    private func took(_ records: [StreamRecord]) throws(RedisError) -> [ArrivedEntry] {
        sizing.took(entries: records.count, bytes: records.reduce(0) { $0 + ($1.payload?.count ?? 0) })
        return try Self.entries(records)
    }

    private static func entries(_ records: [StreamRecord]) throws(RedisError) -> [ArrivedEntry] {
        var entries: [ArrivedEntry] = []
        entries.reserveCapacity(records.count)
        for record in records {
            do throws(StreamEntryCoding.Fault) {
                let entry = try StreamEntryCoding.decode(record.payload ?? [])
                entries.append(ArrivedEntry(cursor: record.cursor, entry: entry))
            } catch {
                let sentence = "entry \(record.cursor) of the stream can't be read: \(error)"
                switch error {
                case .unknownForm, .unknownKind, .badHeader: throw .unsupportedVersion(sentence)
                case .truncated, .damaged: throw .protocolViolation(sentence)
                }
            }
        }
        return entries
    }

    private func ask(
        _ commands: [RedisCommand], within milliseconds: Int64? = nil
    ) async throws(RedisError) -> [RESPReply] {
        guard let connection else { throw .closed("there is no connection to Redis") }
        do {
            return try await connection.send(commands, deadline: .milliseconds(milliseconds ?? terms.look)).get()
        } catch {
            lastError = RedisError(error)
            close()
            throw RedisError(error)
        }
    }
}

extension RedisError {
    /// True when it may well be mended by trying again: the server is away, or another one takes its place.
    public var isPassing: Bool {
        switch self {
        case .unreachable, .timedOut, .closed, .busy, .notAPrimary, .noCluster: true
        case .server(let error): error.kind != .noPermission && meansAnotherServer
        default: false
        }
    }
}
