import Journal
import NIOCore
import Synchronization

/// Who is subscribed to what, over all nodes: one table of the node, told to the others and kept right by what they tell.
///
/// A presence query needs the whole node, and a join is one entry of a dictionary: so there is one table behind one lock for all
/// event loops, not one beside each hub.
///
/// - Isolation: Sendable. What concerns other nodes happens on one event loop, so that the joins and leaves of one node are told
///   in order; a connection's own are told by its own event loop.
final class Presence: Sendable {
    /// Why presence can't be told.
    enum Failure: Error, Sendable, Equatable {
        /// More members than one answer may have.
        case tooMany
        /// The tables of these nodes, which live, were not heard yet: a moment after they or this one came.
        case unknown(Set<UInt64>)
    }

    private struct State {
        var table: PresenceTable
        var announcer = PresenceAnnouncer()
    }

    /// False where no namespace asks for it: then nothing is kept, sent or looked at.
    let isOn: Bool
    private let state: Mutex<State>
    private let lane: (any FleetLane)?
    private let seats: [LoopSeat]
    /// Where everything about other nodes happens.
    private let home: (any EventLoop)?

    init(lane: (any FleetLane)?, namespaces: NamespaceTable, seats: [LoopSeat]) {
        (self.lane, self.seats) = (lane, seats)
        isOn = namespaces.hasPresence
        home = lane == nil ? nil : seats.first?.eventLoop
        state = Mutex(State(table: PresenceTable(own: lane?.origin ?? 0)))
        guard isOn, let home else { return }
        let step = TimeAmount.milliseconds(PresenceLimits.lookMilliseconds)
        home.scheduleRepeatedTask(initialDelay: step, delay: step) { [weak self] task in
            guard let self else { return task.cancel() }
            look()
        }
    }

    // This node's connections.

    /// A connection is in a channel; it is there for whoever asks once this returns.
    func join(_ member: PresenceMember, _ channel: String) {
        note { table in
            guard table.join(member, channel) else { return nil }
            return PresenceChange(channel: channel, member: member, isJoin: true)
        }
    }

    /// A connection has left a channel.
    func leave(_ client: ClientID, _ channel: String) {
        note { table in
            table.leave(client, channel).map { PresenceChange(channel: channel, member: $0, isJoin: false) }
        }
    }

    /// Table and announcement change together: a digest never stands between them.
    private func note(_ body: (inout PresenceTable) -> PresenceChange?) {
        let noted: (change: PresenceChange, isFirst: Bool)? = state.withLock { state in
            guard let change = body(&state.table) else { return nil }
            return (change, lane != nil && state.announcer.note(change))
        }
        guard let noted else { return }
        tell([noted.change])
        if noted.isFirst { home?.execute { self.sendDeltas() } }
    }

    // Questions.

    /// The members of a channel, in no order.
    func members(of channel: String, atMost max: Int) -> Result<[PresenceMember], Failure> {
        let living = lane?.members ?? []
        return state.withLock { state in
            let unknown = state.table.unknown(among: living)
            guard unknown.isEmpty else { return .failure(.unknown(unknown)) }
            guard state.table.count(in: channel) <= max else { return .failure(.tooMany) }
            return .success(state.table.members(of: channel))
        }
    }

    /// How many connections, and of how many users, are in a channel.
    func stats(of channel: String) -> Result<(clients: Int, users: Int), Failure> {
        let living = lane?.members ?? []
        return state.withLock { state in
            let unknown = state.table.unknown(among: living)
            guard unknown.isEmpty else { return .failure(.unknown(unknown)) }
            return .success((state.table.count(in: channel), state.table.users(in: channel)))
        }
    }

    // The other nodes.

    /// Takes what another node told; from any thread, in order.
    func take(_ message: PresenceMessage, from origin: UInt64) {
        home?.execute { self.handle(message, from: origin) }
    }

    private func handle(_ message: PresenceMessage, from origin: UInt64) {
        // Whoever has gone, or is not known to have come, is not heard: nothing would ever end its members.
        guard let lane, lane.members.contains(origin) else { return }
        if case .ask(let asked) = message {
            guard asked == lane.origin else { return }
            state.withLock { $0.announcer.asked() }
            return sendDue()
        }
        guard isOn else { return }
        let consequence = state.withLock { $0.table.take(message, from: origin) }
        tell(consequence.changes)
        if consequence.asks { ask(origin) }
    }

    /// Looks who lives, whom to ask, and what is due.
    private func look() {
        guard let lane else { return }
        let members = lane.members
        let (gone, unknown) = state.withLock { state in
            state.announcer.look(members)
            return (state.table.look(members), state.table.unknown(among: members))
        }
        tell(gone)
        for origin in unknown.sorted() { ask(origin) }
        sendDue()
    }

    private func ask(_ origin: UInt64) {
        if state.withLock({ $0.announcer.mayAsk(origin, at: Self.now) }) { send([.ask(origin)]) }
    }

    private func sendDeltas() { send(state.withLock { $0.announcer.takeDeltas() }) }

    /// Deltas that wait go first: digest and table stand behind all of them.
    private func sendDue() {
        let messages = state.withLock { state in
            let due = state.announcer.due(at: Self.now)
            guard due.digest || due.table else { return [PresenceMessage]() }
            var messages = state.announcer.takeDeltas()
            let counter = state.announcer.counter
            if due.table {
                messages += (PresencePage.pages(state.table.ownEntries, counter: counter) ?? []).map { .table($0) }
            }
            if due.digest, isOn { messages.append(.digest(counter: counter, state.table.digest)) }
            return messages
        }
        send(messages)
    }

    private func send(_ messages: [PresenceMessage]) {
        for message in messages {
            guard let bytes = FleetMessageCoding.encode(.presence(message)) else { continue }
            lane?.send(bytes)
        }
    }

    private static var now: Int64 { Int64(clamping: NIODeadline.now().uptimeNanoseconds / 1_000_000) }

    // Subscribers.

    private func tell(_ changes: [PresenceChange]) {
        let notices = changes.filter(\.member.isTold).map { PresenceNotice($0) }
        guard !notices.isEmpty else { return }
        for seat in seats { seat.eventLoop.execute { seat.hub.value.tell(notices) } }
    }
}
