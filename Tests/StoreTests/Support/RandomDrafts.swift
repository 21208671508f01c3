import Journal
import TestSupport

@testable import Store

/// Random writes over a few channels, sessions and keys, so that they meet each other often.
struct RandomDrafts {
    var generator: SeededGenerator
    private var time: Int64 = 1_000_000

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    /// The next entry's draft and its time, which mostly goes forward: by little, and now and then by days.
    mutating func next(after state: State) -> (draft: Draft, time: Int64) {
        time += Int64(generator.pick([0, 0, 1, 20, 3_000]))
        if generator.happens(oneIn: 60) { time += 40_000 }
        if generator.happens(oneIn: 250) { time += Session.tombstoneMilliseconds }
        if generator.happens(oneIn: 400) { time += Channel.rememberedMilliseconds }
        let late = generator.happens(oneIn: 10) ? Int64(generator.index(below: 5_000)) : 0
        var draft = generator.happens(oneIn: 2) ? channelDraft() : sessionDraft(state)
        if generator.happens(oneIn: 4) { draft = roomDraft(state) }
        if generator.happens(oneIn: 4) {
            draft.claim("k\(generator.index(below: 4))", window: Int64(generator.pick([10, 1_000, 50_000])))
        }
        return (draft, time - late)
    }

    private mutating func channelDraft() -> Draft {
        let channel = "chat:\(generator.index(below: 5))"
        switch generator.index(below: 12) {
        case 0: return Draft(channel: channel, kind: .historyRemove)
        case 1: return Draft(channel: channel, kind: .channelDrop)
        case 2: return .publish(channel, "\(generator.index(below: 3))", history: nil)
        default:
            let window = HistoryWindow(
                size: UInt32(generator.pick([1, 3, 10])), ttl: Int64(generator.pick([50, 60_000])))
            var draft = Draft.publish(channel, "{\"n\":\(generator.index(below: 1_000))}", history: window)
            if generator.happens(oneIn: 4) {
                draft.header.dataVersion = DataVersion(
                    number: UInt64(generator.index(below: 20)), epoch: generator.pick(["", "a", "b"]))
            }
            return draft
        }
    }

    private mutating func roomDraft(_ state: State) -> Draft {
        let kinds: [EntryKind] = [
            .roomCreate, .roomCreate, .roomUpdate, .roomRemove, .roomJoin, .roomJoin, .roomJoin, .roomJoin, .roomLeave,
            .roomAway, .roomAway, .roomOrphan, .roomAbandon, .roomStart, .roomStart, .roomAdmit, .roomAdmission,
            .roomTell,
            .roomAttempt, .roomOffer, .roomTake, .roomForget,
        ]
        let (kind, hash) = (generator.pick(kinds), "r\(generator.index(below: 3))")
        var draft = Draft(channel: WaitingRoom.channel(of: hash), kind: kind)
        let room = state.rooms.rooms[hash]
        var terms = RoomTerms()
        terms.activity = kind == .roomCreate ? "quiz" : nil
        terms.policy = generator.pick([nil, "solo-allowed"])
        terms.options = generator.pick([nil, Array("{\"a\":\"b\"}".utf8)])
        terms.waiter = "w\(generator.index(below: 6))"
        terms.name = generator.pick([nil, "Ann"])
        terms.holder = terms.waiter.flatMap { room?.line.place(of: $0)?.holder }
        terms.origin = generator.pick([1, 2])
        terms.count = UInt64(generator.pick([0, 1, 2, 5]))
        terms.isPaused = generator.pick([nil, true, false])
        terms.isClosed = generator.pick([nil, nil, false, true])
        terms.life = Int64(generator.pick([0, 1, 3_000]))
        terms.token = "t\(generator.index(below: 3))"
        if kind == .roomCreate { terms.session = generator.pick([nil, "s1", "rs1"]) }
        if kind == .roomStart {
            terms.session = "rs\(generator.index(below: 6))"
            draft.header.session = SessionTerms(type: "quiz", owner: "", ttl: Int64(generator.pick([500, 30_000])))
        }
        if kind == .roomStart || kind == .roomOffer || kind == .roomTell { draft.body = Array("{\"n\":1}".utf8) }
        draft.header.room = terms
        draft.header.history = Draft.history
        draft.header.expectedVersion = kind == .roomTell ? room?.revision : nil
        return draft
    }

    private mutating func sessionDraft(_ state: State) -> Draft {
        let id = generator.happens(oneIn: 4) ? "rs\(generator.index(below: 6))" : "s\(generator.index(below: 4))"
        let kinds: [EntryKind] = [
            .sessionCreate, .sessionCreate, .sessionPut, .sessionPut, .sessionPatch, .sessionPatch, .sessionTouch,
            .sessionEnd,
            .sessionExpire, .sessionForget,
        ]
        let kind = generator.pick(kinds)
        let document = generator.pick(["{}", "{\"a\":\(generator.index(below: 9))}", "{\"b\":{\"c\":null}}", "{bad"])
        let version = generator.happens(oneIn: 3) ? UInt64(generator.index(below: 4)) : nil
        var draft = Draft.session(kind, id, document, version: version, ttl: Int64(generator.pick([0, 500, 30_000])))
        if kind == .sessionExpire {
            draft.header.expectedDeadline = state.sessions[id]?.deadline
            draft.header.reason = "expired"
        }
        if generator.happens(oneIn: 5) { draft.header.history = nil }
        return draft
    }
}
