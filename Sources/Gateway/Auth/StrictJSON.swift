/// Is a small JSON document as a tree, for claims and configuration, where strictness counts and speed doesn't.
///
/// Unlike `JSONDecoder` it refuses duplicate keys (two readers could see two different tokens) and keeps numbers as
/// they were written. Not for payloads: those are scanned and passed through.
package enum StrictJSON: Sendable, Equatable {
    case null
    case boolean(Bool)
    case number(String)
    case string(String)
    case array([StrictJSON])
    case object([Member])

    /// Is one key of an object with its value.
    package struct Member: Sendable, Equatable {
        /// The key, unescaped.
        package let key: String
        /// What it holds.
        package let value: StrictJSON

        /// Creates a member.
        package init(_ key: String, _ value: StrictJSON) {
            self.key = key
            self.value = value
        }
    }

    /// Deepest nesting that is read.
    package static let maximumDepth = 32

    /// Reads one document.
    ///
    /// - Bounds: nesting of ``maximumDepth``; the caller bounds the length.
    /// - Errors: ``StrictJSONError`` for anything that RFC 8259 does not allow, and for duplicate keys.
    package init(_ bytes: [UInt8]) throws(StrictJSONError) {
        var reader = StrictJSONReader(bytes: bytes)
        self = try reader.document()
    }

    /// The value of a key; nil for an absent key and for anything that is no object.
    package subscript(key: String) -> StrictJSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }

    /// The document without white space between tokens.
    package var text: String {
        var out = ""
        write(to: &out)
        return out
    }

    private func write(to out: inout String) {
        switch self {
        case .null: out += "null"
        case .boolean(let value): out += value ? "true" : "false"
        case .number(let text): out += text
        case .string(let value): Self.quote(value, to: &out)
        case .array(let values):
            out += "["
            for (index, value) in values.enumerated() {
                if index > 0 { out += "," }
                value.write(to: &out)
            }
            out += "]"
        case .object(let members):
            out += "{"
            for (index, member) in members.enumerated() {
                if index > 0 { out += "," }
                Self.quote(member.key, to: &out)
                out += ":"
                member.value.write(to: &out)
            }
            out += "}"
        }
    }

    private static func quote(_ value: String, to out: inout String) {
        out += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case _ where scalar.value < 0x20:
                let hex = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: out.unicodeScalars.append(scalar)
            }
        }
        out += "\""
    }
}

/// Says where and why a document could not be read.
package struct StrictJSONError: Error, Equatable {
    /// What was wrong, as the end of a sentence.
    package let reason: String
    /// Byte at which reading stopped, from 0.
    package let offset: Int
}
