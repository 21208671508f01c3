import Journal
import Migrations

/// Finds out what a session was at a place of the journal.
public struct SessionLookup: Sendable {
    /// The answer.
    public enum Answer: Sendable, Equatable {
        /// The document, version and status are exact; `at` is the newest entry that they include.
        case found(SessionSnapshot, at: Cursor, time: Int64)
        /// There was no such session then.
        case absent(at: Cursor, time: Int64)
        /// The journal doesn't tell; the sentence says why, and from where on it does.
        case unknown(String)
    }

    private let id: String
    private let point: EntryPoint
    private var timeline: SessionTimeline
    private var newest: Cursor?
    private var oldest: Cursor?
    /// The first place after the one in question from which the document is exact again.
    private var exactAgainAt: Cursor?
    /// The session as the checkpoint has it, followed on from there.
    private var checkpoint: (cursor: Cursor, session: Session?)?
    private var fromCheckpoint: SessionTimeline?
    private var isChangedBeforeCheckpoint = false
    /// Places yet to come before which entries are missing, ascending.
    private var gaps: [Cursor]
    /// True when entries, or what they did, are missing between the place and what came later, the checkpoint too.
    private var isCutOff = false
    /// The largest entry time so far: the journal's time, which never goes back.
    private var journalTime = Int64.min
    /// The kind of the first change after the place.
    private var nextChange: EntryKind?

    /// Asks about a place; an entry at it is included.
    ///
    /// - Parameters:
    ///   - isComplete: true when the rows to come begin with the first that ever was.
    ///   - gaps: places before which entries are missing, ascending.
    public init(id: String, at point: EntryPoint, isComplete: Bool, gaps: [Cursor] = []) {
        (self.id, self.point, self.gaps) = (id, point, gaps)
        timeline = SessionTimeline(id: id, isComplete: isComplete)
    }

    /// Adds what the checkpoint of a data directory knows. It must be read before the rows.
    public mutating func readCheckpoint(of file: ReadOnlyFile) throws(StorageError) {
        let (state, session) = try file.read { [id] db in
            (try Checkpoint.load(db), try CheckpointTable.session(db, id: id))
        }
        checkpoint = (state.head, session)
        fromCheckpoint = SessionTimeline(id: id, at: session, journalTime: state.journalTime)
    }

    /// Takes the next row of the journal.
    public mutating func take(_ row: JournalRow) {
        journalTime = max(journalTime, row.entry.time)
        if let gap = gaps.first, gap <= row.cursor { cross(at: row) }
        oldest = oldest ?? row.cursor
        let mayChange = SessionTimeline.mayChange(row, of: Session.channel(of: id))
        if isIncluded(row) {
            newest = row.cursor
            timeline.take(row)
            if let checkpoint, row.cursor > checkpoint.cursor { fromCheckpoint?.take(row) }
        } else if mayChange, !row.outcome.isKnown {
            isCutOff = true
        } else if mayChange {
            if !isCutOff { nextChange = nextChange ?? row.entry.kind }
            if let checkpoint, row.cursor <= checkpoint.cursor { isChangedBeforeCheckpoint = true }
            if exactAgainAt == nil, row.entry.kind != .sessionPatch { exactAgainAt = row.cursor }
        }
    }

    /// What was known before missing entries says nothing about what comes after them, nor the other way round.
    private mutating func cross(at row: JournalRow) {
        gaps.removeAll { $0 <= row.cursor }
        guard isIncluded(row) else {
            isCutOff = true
            return
        }
        timeline.forget()
        oldest = nil
    }

    /// By journal time, so that what is included is always all up to some entry.
    private func isIncluded(_ row: JournalRow) -> Bool {
        switch point {
        case .cursor: point.includes(row)
        case .time(let time): journalTime <= time
        }
    }

    /// The answer, once all rows were taken.
    public func answer() -> Answer {
        guard let newest else {
            guard let oldest else { return .unknown("The journal holds no entries.") }
            return .unknown("The journal begins later than \(point): its first entry is \(oldest).")
        }
        switch timeline.standing {
        case .absent: return .absent(at: newest, time: timeline.journalTime)
        case .present(var snapshot) where snapshot.document != nil:
            if snapshot.type == nil, let session = checkpoint?.session { snapshot.adoptTerms(of: session) }
            return .found(snapshot, at: newest, time: timeline.journalTime)
        case .present, .unseen: return rewound(at: newest)
        }
    }

    /// The rows alone don't tell: the checkpoint does if nothing changed between it and the place.
    private func rewound(at newest: Cursor) -> Answer {
        let time = timeline.journalTime
        if timeline.standing == .unseen, nextChange == .sessionCreate { return .absent(at: newest, time: time) }
        // A gap yet to come is that before a checkpoint which was just adopted.
        guard let checkpoint, let fromCheckpoint, let oldest, oldest <= checkpoint.cursor.next,
            !isChangedBeforeCheckpoint, !isCutOff, gaps.isEmpty
        else { return .unknown(sentence(at: newest)) }
        switch fromCheckpoint.standing {
        case .present(var snapshot) where snapshot.document != nil:
            if newest < checkpoint.cursor { snapshot.touchedAt = touchedAt }
            return .found(snapshot, at: newest, time: time)
        case .absent where timeline.standing == .unseen: return .absent(at: newest, time: time)
        default: return .unknown(sentence(at: newest))
        }
    }

    private var touchedAt: Int64? {
        guard case .present(let snapshot) = timeline.standing else { return nil }
        return snapshot.touchedAt
    }

    private func sentence(at newest: Cursor) -> String {
        let begin = oldest.map { "The journal begins at \($0)" } ?? "The journal is empty"
        let why =
            timeline.standing == .unseen
            ? "what session \(id) was at \(newest) isn't in it"
            : "session \(id) was created before that and only patched up to \(newest), so its document can't be rebuilt"
        let again = exactAgainAt.map { "; from \($0) on it can" } ?? ""
        return "\(begin): \(why)\(again)."
    }
}

extension SessionLookup {
    /// Asks a data directory: its journal, and its checkpoint where the journal doesn't reach back far enough.
    public static func answer(
        id: String, at point: EntryPoint, reading file: ReadOnlyFile
    ) throws -> Answer {
        // Rows that retention deletes while they are being read end the reading with an error, so nothing is missed.
        let rows = try EntrySource(JournalReader(file), EntryFilter())
        return try answer(id: id, at: point, rows: rows, checkpoint: file)
    }

    /// Asks entries in order.
    public static func answer(
        id: String, at point: EntryPoint, rows: EntrySource, checkpoint file: ReadOnlyFile?
    ) throws -> Answer {
        var lookup = SessionLookup(
            id: id, at: point, isComplete: rows.beginning?.isComplete ?? false, gaps: rows.gaps)
        if let file { try lookup.readCheckpoint(of: file) }
        while true {
            let page = try rows.next()
            guard !page.isEmpty else { return lookup.answer() }
            for row in page { lookup.take(row) }
        }
    }
}
