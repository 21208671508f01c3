import Journal

@testable import Store

/// Drafts and entries as tests write them.
extension Draft {
    static let history = HistoryWindow(size: 100, ttl: 600_000)

    static func publish(
        _ channel: String, _ data: String = "{}", history: HistoryWindow? = Draft.history, key: String? = nil
    ) -> Draft {
        var draft = Draft(channel: channel, kind: .publish, body: Array(data.utf8))
        draft.header.history = history
        if let key { draft.claim(key) }
        return draft
    }

    static func session(
        _ kind: EntryKind, _ id: String, _ document: String = "{}", version: UInt64? = nil, ttl: Int64 = 10_000,
        owner: String = "ann", key: String? = nil
    ) -> Draft {
        var draft = Draft(channel: Session.channel(of: id), kind: kind, body: Array(document.utf8))
        draft.header.history = history
        draft.header.expectedVersion = version
        if kind == .sessionCreate { draft.header.session = SessionTerms(type: "cart", owner: owner, ttl: ttl) }
        if [.sessionTouch, .sessionEnd, .sessionExpire, .sessionForget].contains(kind) { draft.body = [] }
        if let key { draft.claim(key) }
        return draft
    }

    mutating func claim(_ key: String, window: Int64 = 300_000) {
        header.idempotency = IdempotencyClaim(
            key: key, bodyHash: UInt64(body.count) &* 31 &+ UInt64(body.last ?? 0), window: window)
    }

    /// The draft as the entry at a place of the journal.
    func entry(_ counter: UInt64, at time: Int64) -> Entry {
        Entry(
            id: EntryID(origin: 1, counter: counter), time: time, channel: channel, kind: kind, header: header,
            body: body)
    }

    /// The entry that opens a lineage.
    static var opening: Draft {
        Draft(channel: "", kind: .open, body: Opening(salt: "salt", secret: "secret").body)
    }
}

extension State {
    /// Applies drafts one after another, as the entries that follow the head; the time is that of all of them.
    @discardableResult
    mutating func play(_ drafts: Draft..., at time: Int64) -> [Applied] {
        drafts.map { draft in
            let cursor = draft.kind == .open ? Cursor(lineage: head.lineage + 1, sequence: 0) : head.next
            return apply(draft.entry(headID.counter + 1, at: time), at: cursor)
        }
    }

    /// A state right after its first opening.
    static var opened: State {
        var state = State()
        state.play(.opening, at: 1_000)
        return state
    }
}
