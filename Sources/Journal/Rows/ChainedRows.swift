import GRDB
import Migrations

extension JournalTable {
    /// How much of a lineage's rows a chain holds.
    enum Hold: Equatable {
        case all
        /// Up to and including a place.
        case through(Place)
        case none
    }

    /// What a chain says about a lineage: the rule of `LineageChain.holds`.
    static func hold(on lineage: UInt64, by chain: LineageChain, through place: Place?) -> Hold {
        if let place {
            if lineage == place.cursor.lineage { return .through(place) }
            if lineage > place.cursor.lineage { return .none }
        }
        if chain.newest?.lineage == lineage { return .all }
        guard let next = chain.links.first(where: { $0.parent.cursor.lineage == lineage }) else { return .none }
        return .through(next.parent)
    }

    /// Row numbers of what a chain doesn't hold, ascending; the end of the last range may be open.
    ///
    /// - Parameter place: nothing after it counts as held; nil for all that the chain holds.
    func rowsOff(_ db: Database, _ chain: LineageChain, through place: Place?) throws -> [Range<Int64>] {
        var ranges: [Range<Int64>] = []
        for (index, span) in spans.enumerated() {
            let end = end(ofSpan: index)
            guard span.firstRow < end else { continue }
            switch Self.hold(on: span.lineage, by: chain, through: place) {
            case .all: break
            case .none: ranges.append(span.firstRow..<end)
            case .through(let place):
                // Another entry at that place: the two branches have parted before, and nobody knows where.
                guard try id(db, at: place.cursor).map({ $0 == place.id }) ?? true else {
                    ranges.append(span.firstRow..<end)
                    continue
                }
                let first = place.cursor < span.first ? span.firstRow : row(after: place.cursor, inSpan: index)
                if first < end { ranges.append(first..<end) }
            }
        }
        return ranges
    }

    private func row(after cursor: Cursor, inSpan index: Int) -> Int64 {
        let steps = Int64(clamping: cursor.sequence &- spans[index].firstSequence)
        let (row, overflow) = spans[index].firstRow.addingReportingOverflow(steps)
        return overflow || row >= end(ofSpan: index) ? end(ofSpan: index) : row + 1
    }

    private func id(_ db: Database, at cursor: Cursor) throws -> EntryID? {
        guard let number = row(of: cursor) else { return nil }
        let statement = try RawStatement(db, "SELECT origin, counter FROM journal WHERE row = ?")
        try statement.bind(number, at: 0)
        guard try statement.step() else { return nil }
        defer { statement.reset() }
        return EntryID(origin: statement.bits(0), counter: statement.unsigned(1))
    }
}

/// Reads the rows that a chain doesn't hold.
public struct SurplusRows {
    private let file: DatabaseFile
    private var ranges: [Range<Int64>]

    /// Looks where they are; the file must have every entry that the node applied.
    public init(_ file: DatabaseFile, chain: LineageChain) throws(JournalError) {
        self.file = file
        ranges = try JournalError.wrapping {
            try file.readNewest { try JournalTable($0).rowsOff($0, chain, through: nil) }
        }
    }

    /// The next ones in order, at most `JournalLimits.replayPageRows`; none at the end.
    ///
    /// - Errors: `corrupt` when a row is damaged or missing.
    public mutating func next() throws(JournalError) -> [JournalRow] {
        while let range = ranges.first {
            let (rows, next) = try JournalError.wrapping { [file] in
                try file.readNewest { db in
                    let rows = try JournalTable.rows(
                        db, from: range.lowerBound, before: range.upperBound, limit: JournalLimits.replayPageRows)
                    return (rows, try rows.last.flatMap { try JournalTable(db).row(of: $0.cursor) })
                }
            }
            if let next, next < range.upperBound - 1, rows.count == JournalLimits.replayPageRows {
                ranges[0] = (next + 1)..<range.upperBound
            } else {
                ranges.removeFirst()
            }
            if !rows.isEmpty { return rows }
        }
        return []
    }
}
