/// Appends the fields of a lane message: whole numbers little-endian, everything else behind its length in four bytes.
struct FleetBytesWriter {
    private(set) var bytes: [UInt8]

    init(version: UInt8, kind: UInt8) { bytes = [version, kind] }

    mutating func append<Number: FixedWidthInteger>(_ number: Number) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func append(_ data: [UInt8]) {
        append(UInt32(clamping: data.count))
        bytes.append(contentsOf: data)
    }

    mutating func append(_ text: String) { append(Array(text.utf8)) }

    /// Nothing is an empty field: what can be absent is never empty.
    mutating func append(_ data: [UInt8]?) { append(data ?? []) }
}

/// Reads the fields of a lane message back; whatever is not there, too long or no UTF-8 is malformed.
struct FleetBytesReader {
    struct Malformed: Error {}

    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func number<Number: FixedWidthInteger>(_: Number.Type = Number.self) throws(Malformed) -> Number {
        let count = Number.bitWidth / 8
        guard rest.count >= count else { throw Malformed() }
        let number = rest.prefix(count).reversed().reduce(Number.zero) { $0 << 8 | Number(truncatingIfNeeded: $1) }
        rest = rest.dropFirst(count)
        return number
    }

    mutating func bytes(atMost max: Int) throws(Malformed) -> [UInt8] {
        let count: UInt32 = try number()
        guard count <= max, rest.count >= Int(count) else { throw Malformed() }
        defer { rest = rest.dropFirst(Int(count)) }
        return Array(rest.prefix(Int(count)))
    }

    mutating func text(atMost max: Int) throws(Malformed) -> String {
        guard let text = String(validating: try bytes(atMost: max), as: UTF8.self) else { throw Malformed() }
        return text
    }
}
