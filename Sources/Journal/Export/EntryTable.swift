/// Entries as aligned columns for people: one line each, no wider than `columnsMax`.
///
/// What doesn't fit a column is cut with `…`, but for the cursor. A refused entry's verdict begins
/// with `✗`. Control and direction characters are shown as `·`, so that no entry can play tricks on a terminal.
public struct EntryTable: Sendable {
    /// The widest line.
    public static let columnsMax = 120

    private static let titles = ["CURSOR", "TIME", "VERDICT", "KIND", "CHANNEL", "AT", "KEY", "BODY"]
    /// Columns never grow past these; the body takes what is left.
    private static let widthsMax = [14, 24, 18, 14, 24, 9, 12]
    /// Columns are at least this wide where later pages may need it.
    private static let widthsMin = [10, 24, 14, 14, 14, 10, 3]
    /// With a narrower rest the body would say nothing: then channel and key give way.
    private static let bodyMin = 28
    private static let yielding = [(column: 6, min: 7), (column: 4, min: 14)]
    private static let bodyBytesShown = 480
    private static let red = ("\u{1B}[31m", "\u{1B}[0m")

    private let widths: [Int]
    private let isColoured: Bool

    /// Chooses the widths of the columns.
    ///
    /// - Parameters:
    ///   - rows: rows that will come.
    ///   - isWhole: true when no others will.
    ///   - isColoured: true marks refused entries in red, for terminals.
    public init(measuring rows: [JournalRow], isWhole: Bool, isColoured: Bool) {
        var widths = Self.measured(rows)
        if !isWhole { widths = zip(widths, Self.widthsMin).map(max) }
        for (column, least) in Self.yielding {
            let rest = Self.columnsMax - widths.reduce(0, +) - widths.count
            guard rest < Self.bodyMin else { break }
            widths[column] = max(min(least, widths[column]), widths[column] - (Self.bodyMin - rest))
        }
        self.widths = widths + [Self.columnsMax - widths.reduce(0, +) - widths.count]
        self.isColoured = isColoured
    }

    private static func measured(_ rows: [JournalRow]) -> [Int] {
        var widths = titles.dropLast().map(\.count)
        for cells in rows.map(cells) {
            for (column, cell) in cells.dropLast().enumerated() {
                widths[column] = min(widthsMax[column], max(widths[column], width(cell)))
            }
        }
        return widths
    }

    /// The titles of the columns.
    public var header: String { line(Self.titles) }

    /// One entry.
    public func line(_ row: JournalRow) -> String {
        let text = line(Self.cells(row))
        return isColoured && row.outcome.refusal != nil ? Self.red.0 + text + Self.red.1 : text
    }

    private func line(_ cells: [String]) -> String {
        // A cursor is never cut: it is what one copies. What it takes too much, the body gives.
        var line = cells[0] + String(repeating: " ", count: max(0, widths[0] - cells[0].count)) + " "
        var widths = widths
        widths[widths.count - 1] -= max(0, cells[0].count - widths[0])
        for (cell, width) in zip(cells, widths).dropFirst() { line += Self.fitted(cell, width) + " " }
        while line.last == " " { line.removeLast() }
        return line
    }

    private static func cells(_ row: JournalRow) -> [String] {
        let (entry, outcome) = (row.entry, row.outcome)
        let place = [outcome.offset.map { "#\($0)" }, outcome.version.map { "v\($0)" }].compactMap { $0 }
        return [
            row.cursor.description, EntryTime.text(entry.time), outcome.refusal == nil ? outcome.verdict : "✗ \(outcome.verdict)",
            entry.kind.rawValue, entry.channel, place.joined(separator: " "), entry.header.idempotency?.key ?? "",
            shown(entry),
        ].map(harmless)
    }

    /// What an entry says: its body, or else the reason in its header.
    private static func shown(_ entry: Entry) -> String {
        guard !entry.body.isEmpty else { return entry.header.reason ?? "" }
        return String(decoding: EntryLine.body(of: entry).prefix(bodyBytesShown), as: UTF8.self)
    }

    private static func harmless(_ text: String) -> String {
        var out = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse: out.append("·")
            default: out.append(scalar)
            }
        }
        return String(out)
    }

    private static func fitted(_ text: String, _ width: Int) -> String {
        let own = Self.width(text)
        guard own > width else { return text + String(repeating: " ", count: width - own) }
        var (cut, used) = ("", 0)
        for character in text {
            let next = Self.width(String(character))
            guard used + next < width else { break }
            cut.append(character)
            used += next
        }
        return cut + "…" + String(repeating: " ", count: max(0, width - used - 1))
    }

    /// Cells of a terminal that a text takes: two for a character of East Asian scripts or an emoji.
    private static func width(_ text: String) -> Int {
        text.reduce(0) { sum, character in
            guard let first = character.unicodeScalars.first else { return sum }
            let isWide = first.value >= 0x1100 && wide.contains { $0.contains(first.value) }
            return sum + (isWide || character.unicodeScalars.contains("\u{FE0F}") ? 2 : 1)
        }
    }

    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
        0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD,
    ]
}
