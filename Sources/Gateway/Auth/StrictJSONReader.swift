/// Reads RFC 8259 text into ``StrictJSON``, one byte at a time.
struct StrictJSONReader {
    let bytes: [UInt8]
    private var at = 0
    private var depth = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func document() throws(StrictJSONError) -> StrictJSON {
        guard String(validating: bytes, as: UTF8.self) != nil else { throw failure("is not UTF-8") }
        let value = try value()
        skipSpace()
        guard at == bytes.count else { throw failure("goes on after its end") }
        return value
    }

    private var next: UInt8? { at < bytes.count ? bytes[at] : nil }

    private func failure(_ reason: String) -> StrictJSONError {
        StrictJSONError(reason: reason, offset: at)
    }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { at += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        at += 1
        return true
    }

    private mutating func value() throws(StrictJSONError) -> StrictJSON {
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return try nested { reader throws(StrictJSONError) in try reader.object() }
        case UInt8(ascii: "["): return try nested { reader throws(StrictJSONError) in try reader.array() }
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case nil: throw failure("ends too early")
        default: return .number(try number())
        }
    }

    private mutating func nested(
        _ read: (inout StrictJSONReader) throws(StrictJSONError) -> StrictJSON
    ) throws(StrictJSONError) -> StrictJSON {
        depth += 1
        guard depth <= StrictJSON.maximumDepth else { throw failure("is nested too deep") }
        at += 1
        let value = try read(&self)
        depth -= 1
        return value
    }

    private mutating func object() throws(StrictJSONError) -> StrictJSON {
        var members: [StrictJSON.Member] = []
        var keys: Set<String> = []
        skipSpace()
        if take(UInt8(ascii: "}")) { return .object(members) }
        repeat {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw failure("lacks a key in quotes") }
            let key = try string()
            guard keys.insert(key).inserted else {
                throw failure("has the key \(StrictJSON.string(String(key.prefix(80))).text) twice")
            }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw failure("lacks a colon") }
            members.append(.init(key, try value()))
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw failure("lacks a comma or a closing brace") }
        return .object(members)
    }

    private mutating func array() throws(StrictJSONError) -> StrictJSON {
        var values: [StrictJSON] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return .array(values) }
        repeat {
            values.append(try value())
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw failure("lacks a comma or a closing bracket") }
        return .array(values)
    }

    private mutating func word(_ text: String, _ value: StrictJSON) throws(StrictJSONError) -> StrictJSON {
        guard bytes[at...].starts(with: text.utf8) else { throw failure("has a word that JSON doesn't know") }
        at += text.utf8.count
        return value
    }

    private mutating func digits() -> Int {
        let start = at
        while let byte = next, (0x30...0x39).contains(byte) { at += 1 }
        return at - start
    }

    private mutating func number() throws(StrictJSONError) -> String {
        let start = at
        _ = take(UInt8(ascii: "-"))
        let leadingZero = next == UInt8(ascii: "0")
        let whole = digits()
        guard whole > 0 else { throw failure("has a value that JSON doesn't know") }
        guard !leadingZero || whole == 1 else { throw failure("has a number with a leading zero") }
        if take(UInt8(ascii: ".")), digits() == 0 { throw failure("has a number without digits after its point") }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            guard digits() > 0 else { throw failure("has a number without an exponent") }
        }
        return String(decoding: bytes[start..<at], as: UTF8.self)
    }

    private mutating func string() throws(StrictJSONError) -> String {
        at += 1
        var out: [UInt8] = []
        while let byte = next {
            at += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: out, as: UTF8.self)
            case UInt8(ascii: "\\"): out.append(contentsOf: try escape().utf8)
            case 0..<0x20: throw failure("has a control character in a string")
            default: out.append(byte)
            }
        }
        throw failure("ends inside a string")
    }

    private mutating func escape() throws(StrictJSONError) -> String {
        guard let byte = next else { throw failure("ends inside a string") }
        at += 1
        switch byte {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return String(try escapedScalar())
        default: throw failure("has an escape that JSON doesn't know")
        }
    }

    private mutating func escapedScalar() throws(StrictJSONError) -> Unicode.Scalar {
        let first = try hexUnit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard (0xD800..<0xDC00).contains(first), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
            throw failure("has half of a surrogate pair")
        }
        let second = try hexUnit()
        let combined = 0x10000 + ((first & 0x3FF) << 10) + (second & 0x3FF)
        guard (0xDC00..<0xE000).contains(second), let scalar = Unicode.Scalar(combined) else {
            throw failure("has half of a surrogate pair")
        }
        return scalar
    }

    private mutating func hexUnit() throws(StrictJSONError) -> UInt32 {
        guard at + 4 <= bytes.count else { throw failure("ends inside a string") }
        var unit: UInt32 = 0
        for byte in bytes[at..<at + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw failure("has an escape that JSON doesn't know")
            }
            unit = unit << 4 | UInt32(digit)
        }
        at += 4
        return unit
    }
}
