import Journal

@testable import Store

/// What a node knows: the service's state, and beside it what the claims are checked with.
struct SimulatedState {
    private(set) var state = State()
    var place = Place.start
    var chain = LineageChain()
    /// The last counter of each origin: an entry whose counter is not above it is refused.
    private(set) var origins: [UInt64: UInt64] = [:]
    /// Entries that took effect, or were refused for what they ask.
    private(set) var taken: Set<EntryID> = []
    /// How often a key took effect.
    private(set) var keys: [String: Int] = [:]
    /// Runs over all places and outcomes.
    private(set) var digest = 14_695_981_039_346_656_037 as UInt64

    static let channels = ["chat:a", "chat:b", "chat:c"]

    var epochBase: Cursor { state.epochBase }

    func epoch(of channel: String) -> String {
        state.text(of: state.channels[channel]?.epoch ?? state.birthEpoch(of: channel))
    }

    func top(of channel: String) -> UInt64 { state.channels[channel]?.top ?? 0 }

    func recent(of channel: String, above offset: UInt64) -> ArraySlice<Publication> {
        guard let found = state.channels[channel], offset < found.top else { return [] }
        return found.publications((offset + 1)...found.top)
    }

    /// Applies the next entry; a publication if it made one.
    mutating func apply(_ arrived: ArrivedEntry, opening: Journal.Opening?) -> Publication? {
        let (entry, cursor) = (arrived.entry, arrived.cursor)
        place = Place(cursor: cursor, id: entry.id)
        mix(cursor.lineage ^ cursor.sequence &* 31)
        mix(entry.id.origin ^ entry.id.counter &* 31)
        guard entry.id.counter > origins[entry.id.origin, default: 0] else { return nil }
        origins[entry.id.origin] = entry.id.counter
        let (base, salt) = (state.epochBase, state.epochSalt)
        let applied = state.apply(entry, at: cursor)
        if let opening {
            chain.append(opening.link(at: cursor))
            if opening.keepsEpochs { (state.epochBase, state.epochSalt) = (base, salt) }
            return nil
        }
        taken.insert(entry.id)
        if applied.outcome.refusal == nil, let key = entry.header.idempotency?.key { keys[key, default: 0] += 1 }
        mix(applied.outcome.offset ?? 0)
        return applied.publication
    }

    private mutating func mix(_ value: UInt64) { digest = (digest ^ value) &* 1_099_511_628_211 }
}
