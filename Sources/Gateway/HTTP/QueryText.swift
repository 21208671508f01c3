/// Reads the query of a request's target, as browsers write it.
enum QueryText {
    /// Names and values in their order, without a `=` the value is empty; nil for a pair that can't be decoded.
    static func pairs(of target: String) -> [(name: String, value: String)?] {
        let bytes = target.utf8
        guard let mark = bytes.firstIndex(of: UInt8(ascii: "?")) else { return [] }
        // By bytes: walking a text by characters costs many times as much.
        return bytes[bytes.index(after: mark)...].split(separator: UInt8(ascii: "&")).map { pair in
            let end = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            guard let name = PercentText.decode(Substring(pair[..<end]), plusAsSpace: true),
                let value = PercentText.decode(Substring(pair[end...].dropFirst()), plusAsSpace: true)
            else { return nil }
            return (name, value)
        }
    }
}
