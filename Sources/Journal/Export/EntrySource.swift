import Migrations

/// Entries in order, from a journal or from an export, a page at a time.
///
/// - Isolation: one owner; not Sendable.
public final class EntrySource {
    private enum Home {
        case journal(JournalReader, next: Int64)
        case export(EntryFileReader)
    }

    private var home: Home
    private let filter: EntryFilter
    /// Where the entries begin and whether anything can have been before; nil when there are none.
    public private(set) var beginning: (cursor: Cursor, time: Int64, isComplete: Bool)?
    /// Where entries begin before which others are missing, ascending; the last may be yet to come. None are known of an export.
    public private(set) var gaps: [Cursor] = []
    /// Read to know where an export begins.
    private var pending: [JournalRow] = []

    /// Reads the journal of a data directory; read-only.
    public init(_ reader: JournalReader, _ filter: EntryFilter) throws(JournalError) {
        self.filter = filter
        beginning = try reader.beginning().map { ($0.cursor, $0.time, $0.isComplete) }
        gaps = try reader.gaps()
        home = .journal(reader, next: try reader.firstRow(filter))
    }

    /// Reads an export.
    public init(path: String, _ filter: EntryFilter) throws(JournalError) {
        self.filter = filter
        let file = try EntryFileReader(path: path)
        home = .export(file)
        pending = try file.next()
        beginning = pending.first.map { ($0.cursor, $0.entry.time, Self.isFirst($0.entry)) }
    }

    /// True for the opening of a journal that goes on from nothing: a new file's, or a fleet's without a state.
    private static func isFirst(_ entry: Entry) -> Bool {
        guard entry.kind == .open, let reason = entry.header.reason else { return false }
        return reason == LineageDecision.OpeningReason.newFile.rawValue
            || (reason == Opening.seedReason && Opening(entry).parent == .start)
    }

    /// The next admitted entries; none when there are no more for now.
    ///
    /// - Errors: `corrupt` for a damaged row or line, `unavailable` when the file can't be read.
    public func next() throws(JournalError) -> [JournalRow] {
        switch home {
        case .journal(let reader, var next):
            while true {
                let page = try reader.page(from: next, filter)
                next = page.next
                home = .journal(reader, next: next)
                if !page.rows.isEmpty || page.isLast { return page.rows }
            }
        case .export(let file):
            while true {
                let rows = pending.isEmpty ? try file.next() : pending
                pending = []
                let admitted = rows.filter(filter.admits)
                if rows.isEmpty || !admitted.isEmpty { return admitted }
            }
        }
    }
}
