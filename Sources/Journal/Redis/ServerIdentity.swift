/// Which data a server holds, and whether it is the one that decides: read from `INFO replication`.
struct ServerIdentity: Equatable {
    /// `master_replid`: changes with every promotion and every restart.
    let server: String
    let isPrimary: Bool

    /// The question.
    static let question = RedisCommand("INFO", "replication")

    /// Reads the answer.
    ///
    /// Errors: what Redis replied, and `protocolViolation` when it names no role and id.
    init(_ reply: RESPReply) throws(RedisError) {
        let fields = try reply.checked().withBytes { Self.fields($0) }
        guard let fields, let server = fields.server, let isPrimary = fields.isPrimary else {
            throw .protocolViolation(
                "INFO replication names no role and master_replid: this Redis can't carry the journal")
        }
        self.server = server
        self.isPrimary = isPrimary
    }

    /// Asked behind every read: looks at the lines' starts only.
    private static func fields(_ bytes: UnsafeRawBufferPointer) -> (server: String?, isPrimary: Bool?) {
        var found: (server: String?, isPrimary: Bool?)
        for line in bytes.split(whereSeparator: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }) {
            if found.isPrimary == nil, line.starts(with: "role:".utf8) {
                found.isPrimary = line.dropFirst(5).elementsEqual("master".utf8)
            } else if line.starts(with: "master_replid:".utf8) {
                found.server = String(decoding: line.dropFirst(14), as: UTF8.self)
                break
            }
        }
        return found
    }
}

extension RESPReply {
    /// The value behind a name in a flat list of names and values.
    func value(of name: String) -> RESPReply? {
        var index = 0
        while index + 1 < count {
            if self[index]?.text == name { return self[index + 1] }
            index += 2
        }
        return nil
    }

    /// The id that a stream gave out last, from the reply of `XINFO STREAM`; nil when there is no stream.
    ///
    /// Errors: any other error reply, and `protocolViolation`.
    func streamTop() throws(RedisError) -> Cursor? {
        if let error = serverError, error.message.contains("no such key") { return nil }
        guard let text = try checked().value(of: "last-generated-id")?.text,
            let top = StreamRecord.cursor(ofID: text)
        else { throw .protocolViolation("XINFO STREAM names no last-generated-id") }
        return top
    }

    /// The pointer behind the reply of GET; nil when there is none.
    ///
    /// Errors: `unsupportedVersion` when it can't be understood.
    func pointer() throws(RedisError) -> CheckpointPointer? {
        guard let text = try checked().text else { return nil }
        guard let pointer = CheckpointPointer(text) else {
            throw .unsupportedVersion("the checkpoint in Redis is of a newer release of Anteroom: upgrade this node")
        }
        return pointer
    }

    /// Milliseconds since 1970, from the reply of TIME.
    ///
    /// Errors: what Redis replied, and `protocolViolation`.
    func serverTime() throws(RedisError) -> Int64 {
        guard let seconds = try checked()[0]?.text.flatMap({ Int64($0) }),
            let micros = self[1]?.text.flatMap({ Int64($0) }), seconds >= 0, seconds < Int64.max / 2_000,
            (0..<1_000_000).contains(micros)
        else { throw .protocolViolation("TIME replied with something else than two numbers") }
        return seconds * 1_000 + micros / 1_000
    }
}
