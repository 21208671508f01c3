import Store

/// Writes figures in the text format that Prometheus reads.
///
/// - Source: Prometheus, "Exposition formats", text format 0.0.4.
struct Exposition {
    /// The media type of what it writes.
    static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

    /// What a family of figures is.
    enum Kind: String {
        case counter
        case gauge
        case histogram
    }

    /// Names and values that tell the samples of a family apart.
    typealias Labels = [(name: String, value: String)]

    private(set) var text = ""

    /// Begins a family; its samples follow.
    mutating func family(_ name: String, _ kind: Kind, _ help: String) {
        text += "# HELP \(name) \(Self.escaped(help, quotes: false))\n# TYPE \(name) \(kind.rawValue)\n"
    }

    mutating func sample(_ name: String, of labels: Labels = [], _ value: Int) {
        text += "\(name)\(Self.list(labels)) \(value)\n"
    }

    mutating func sample(_ name: String, of labels: Labels = [], _ value: Double) {
        text += "\(name)\(Self.list(labels)) \(Self.number(value))\n"
    }

    /// A family of one sample.
    mutating func counter(_ name: String, _ help: String, _ value: Int) {
        family(name, .counter, help)
        sample(name, value)
    }

    /// A family of one sample.
    mutating func gauge(_ name: String, _ help: String, _ value: Double) {
        family(name, .gauge, help)
        sample(name, value)
    }

    /// The samples of a histogram: how many values were at most each bound, their number and their sum.
    mutating func histogram(_ name: String, of labels: Labels = [], _ histogram: Histogram) {
        var below: UInt64 = 0
        for (bound, count) in zip(histogram.bounds, histogram.counts) {
            below &+= count
            text += "\(name)_bucket\(Self.list(labels + [("le", Self.number(bound))])) \(below)\n"
        }
        text += "\(name)_bucket\(Self.list(labels + [("le", "+Inf")])) \(histogram.count)\n"
        text += "\(name)_sum\(Self.list(labels)) \(Self.number(histogram.sum))\n"
        text += "\(name)_count\(Self.list(labels)) \(histogram.count)\n"
    }

    private static func list(_ labels: Labels) -> String {
        guard !labels.isEmpty else { return "" }
        return "{" + labels.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }.joined(separator: ",") + "}"
    }

    private static func number(_ value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? "NaN" : value < 0 ? "-Inf" : "+Inf" }
        return value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : "\(value)"
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var out = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\"" where quotes: out += "\\\""
            default: out.unicodeScalars.append(character)
            }
        }
        return out
    }
}
