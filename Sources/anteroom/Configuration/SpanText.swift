/// Reads spans of time as people and Centrifugo's files write them: `90s`, `1h30m`, `500ms`, `7d`, `0`.
enum SpanText {
    /// The longest span: a hundred years.
    static let maximumMilliseconds: Int64 = 36_500 * 86_400_000

    private static let units: [(name: String, milliseconds: Int64)] = [
        ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]

    /// Returns milliseconds, or nil when the text is no span or exceeds ``maximumMilliseconds``.
    static func milliseconds(_ text: String) -> Int64? {
        if text == "0" { return 0 }
        var total: Int64 = 0
        var rest = text[...]
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { ("0"..."9").contains($0) }
            let unit = rest[digits.endIndex...].prefix { !("0"..."9").contains($0) }
            guard let count = Int64(digits), count <= maximumMilliseconds,
                let size = units.first(where: { $0.name == unit })?.milliseconds
            else { return nil }
            // Both factors are bounded: 3.2e12 × 8.6e7 would overflow, so the product is checked.
            let (part, overflow) = count.multipliedReportingOverflow(by: size)
            guard !overflow, part <= maximumMilliseconds - total else { return nil }
            total += part
            rest = rest[unit.endIndex...]
        }
        return total
    }
}
