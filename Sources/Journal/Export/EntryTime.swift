import FoundationEssentials

/// Times of entries as people read and write them.
///
/// Seconds go through Foundation, milliseconds stay integers: through a `Double` they would come back changed by one.
public enum EntryTime {
    /// A time in UTC with milliseconds, such as `2026-11-21T05:40:00.123Z`.
    ///
    /// - Units: milliseconds since 1970.
    public static func text(_ time: Int64) -> String {
        let (seconds, milliseconds) = parts(time)
        let date = Date(timeIntervalSince1970: Double(seconds))
        let fraction = String(1_000 + milliseconds).dropFirst()
        return "\(date.formatted(.iso8601).dropLast()).\(fraction)Z"
    }

    /// Reads a time: a date with a time of day, up to three digits of a second, and `Z` or an offset; nil for anything else.
    public static func milliseconds(_ text: String) -> Int64? {
        var (whole, fraction) = (text, Int64(0))
        if let dot = text.firstIndex(of: ".") {
            let digits = text[text.index(after: dot)...].prefix { $0.isASCII && $0.isNumber }
            guard (1...3).contains(digits.count), let value = Int64(digits) else { return nil }
            fraction = value * [100, 10, 1][digits.count - 1]
            whole = String(text[..<dot] + text[digits.endIndex...])
        }
        do {
            let seconds = try Date(whole, strategy: .iso8601).timeIntervalSince1970
            guard seconds.magnitude < Self.secondsMax else { return nil }
            return Int64(seconds) * 1_000 + fraction
        } catch {
            // The question was whether this is a time.
            return nil
        }
    }

    /// Reads a span that ends now, such as `-10m` or `-1h30m`, in milliseconds; nil for anything else.
    public static func span(_ text: String) -> Int64? {
        guard text.first == "-", text.count > 1 else { return nil }
        var (rest, total) = (text.dropFirst(), Int64(0))
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            let unit = rest[digits.endIndex...].prefix { $0.isASCII && $0.isLetter }
            guard let count = Int64(digits), let size = units[String(unit)], count <= spanMax / size else { return nil }
            total += count * size
            guard total <= spanMax else { return nil }
            rest = rest[unit.endIndex...]
        }
        return total
    }

    private static let units: [String: Int64] = ["ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
    /// A hundred years.
    private static let spanMax: Int64 = 36_500 * 86_400_000
    /// The year 9999, the last that ISO 8601 writes with four digits.
    private static let secondsMax = 253_402_300_800.0

    private static func parts(_ time: Int64) -> (seconds: Int64, milliseconds: Int64) {
        let milliseconds = ((time % 1_000) + 1_000) % 1_000
        return ((time - milliseconds) / 1_000, milliseconds)
    }
}
