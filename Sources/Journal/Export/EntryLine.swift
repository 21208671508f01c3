import JSONBytes

/// One entry as one line of JSON: the form of exports, for programs and for reading back.
///
/// Members, in this order; those that say nothing are left out:
/// `cursor` (`"lineage.sequence"`), `time` (ISO 8601 in UTC with milliseconds), `id` (`"origin-counter"`, origin in
/// hexadecimal), `channel`, `kind`, `verdict` (`"ok"`, the refusal, or `"unknown"`), `epoch`, `offset`, `version` (what the entry was
/// given), `header` (what its sender asked for, an object) and `body` (the JSON value itself).
///
/// - Guarantee: a line holds no line break, and decoding gives the row back, but for an opening's secret, which is masked.
public enum EntryLine {
    /// What stands where a secret was.
    public static let mask = "masked"

    /// The row as one line, without a line break at its end.
    public static func encode(_ row: JournalRow) -> [UInt8] {
        let (entry, outcome) = (row.entry, row.outcome)
        var out: [UInt8] = []
        out.reserveCapacity(256 + entry.body.count)
        out.append(UInt8(ascii: "{"))
        out.appendMember("cursor", string: row.cursor.description)
        out.appendMember("time", string: EntryTime.text(entry.time))
        out.appendMember("id", string: entry.id.description)
        out.appendMember("channel", string: entry.channel)
        out.appendMember("kind", string: entry.kind.rawValue)
        out.appendMember("verdict", string: outcome.verdict)
        if let epoch = outcome.epoch { out.appendMember("epoch", string: epoch.description) }
        if let offset = outcome.offset { out.appendMember("offset", number: offset) }
        if let version = outcome.version { out.appendMember("version", number: version) }
        if entry.header != EntryHeader() { out.appendMember("header", json: entry.header.encoded) }
        if !entry.body.isEmpty { out.appendMember("body", json: body(of: entry)) }
        out[out.count - 1] = UInt8(ascii: "}")
        return out
    }

    /// The body as it may be shown: JSON without line breaks, an opening's secret masked.
    static func body(of entry: Entry) -> [UInt8] {
        do throws(JSONError) {
            let text = try JSONText(validating: entry.body, depthMax: JSONLimits.depthCeiling - 1)
            return entry.kind == .open ? try masked(text.bytes) : text.bytes
        } catch {
            // No gateway lets such a body in; what a test or a foreign writer made is still shown, as a string.
            var out: [UInt8] = []
            out.appendJSONString(String(decoding: entry.body, as: UTF8.self))
            return out
        }
    }

    private static func masked(_ body: [UInt8]) throws(JSONError) -> [UInt8] {
        var out: [UInt8] = [UInt8(ascii: "{")]
        try body.scan { (cursor, buffer) throws(JSONError) in
            try cursor.beginObject()
            while let name = try cursor.nextKey() {
                if out.count > 1 { out.append(UInt8(ascii: ",")) }
                out.appendJSONString(name.string(in: buffer))
                out.append(UInt8(ascii: ":"))
                let value = try cursor.skipValue()
                if name.equals("secret", in: buffer) {
                    out.appendJSONString(mask)
                } else {
                    out.append(contentsOf: buffer[value])
                }
            }
        }
        out.append(UInt8(ascii: "}"))
        return out
    }

    /// Reads a line.
    ///
    /// - Errors: a sentence's part that says what is wrong, such as `the member "cursor" is missing`.
    public static func decode(_ line: [UInt8]) throws(Fault) -> JournalRow {
        var parts = Parts()
        do throws(JSONError) {
            let text = try JSONText(validating: line, depthMax: JSONLimits.depthCeiling)
            try text.bytes.scan { (cursor, buffer) throws(JSONError) in
                try parts.read(&cursor, buffer)
            }
        } catch { throw Fault(description: error.description) }
        return try parts.row()
    }

    /// What is wrong with a line.
    public struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
        public let description: String
    }

    /// Members as they come.
    private struct Parts {
        var texts: [String: String] = [:]
        var offset: UInt64?
        var version: UInt64?
        var header: [UInt8]?
        var body: [UInt8] = []

        mutating func read(_ cursor: inout JSONCursor, _ buffer: UnsafeRawBufferPointer) throws(JSONError) {
            try cursor.beginObject()
            while let name = try cursor.nextKey() {
                let name = name.string(in: buffer)
                switch name {
                case "cursor", "time", "id", "channel", "kind", "verdict", "epoch":
                    texts[name] = try cursor.readString()
                case "offset": offset = try cursor.readUInt64()
                case "version": version = try cursor.readUInt64()
                case "header": header = Array(buffer[try cursor.skipValue()])
                case "body": body = Array(buffer[try cursor.skipValue()])
                default: throw JSONError(.wrongType, offset: cursor.position)
                }
            }
        }

        private func value<Value>(_ name: String, _ read: (String) -> Value?) throws(Fault) -> Value {
            guard let text = texts[name] else { throw Fault(description: "the member \"\(name)\" is missing") }
            guard let value = read(text) else {
                throw Fault(description: "the member \"\(name)\" can't be \"\(text.prefix(64))\"")
            }
            return value
        }

        func row() throws(Fault) -> JournalRow {
            var decoded = EntryHeader()
            if let header {
                do { decoded = try EntryHeader(decoding: header) } catch {
                    throw Fault(description: "the member \"header\" can't be read: \(error.description)")
                }
            }
            var entry = Entry(
                id: try value("id", EntryID.init), time: try value("time", EntryTime.milliseconds),
                channel: try value("channel") { $0 }, kind: try value("kind", EntryKind.init), header: decoded)
            entry.body = body
            var outcome = Outcome(
                epoch: try texts["epoch"].map { _ throws(Fault) in try value("epoch", Cursor.init) }, offset: offset,
                version: version)
            outcome = try value("verdict") { outcome.read(verdict: $0) ? outcome : nil }
            return JournalRow(cursor: try value("cursor", Cursor.init), entry: entry, outcome: outcome)
        }
    }
}

extension EntryID: LosslessStringConvertible {
    /// Reads `origin-counter`, the origin in hexadecimal.
    public init?(_ description: String) {
        let parts = description.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let origin = UInt64(parts[0], radix: 16), let counter = UInt64(parts[1]) else {
            return nil
        }
        self.init(origin: origin, counter: counter)
    }
}
