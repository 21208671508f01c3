import NIOCore
import Store

/// Those who wait on one event loop, by their rooms: a look at a room serves all of them.
///
/// - Isolation: its event loop.
final class WaitingFloor {
    private struct Room {
        var people: [ObjectIdentifier: WaitingConversation] = [:]
        /// A look is under way; what happened since needs another one.
        var isLooking = false
        var isDirty = false
    }

    private var rooms: [String: Room] = [:]
    private let eventLoop: any EventLoop

    /// How often each socket is pinged, and how long it may take to answer: a tick.
    private static let pingInterval = TimeAmount.seconds(25)

    init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// Starts the pings, which go on as long as the event loop does.
    func start() {
        let me = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.scheduleRepeatedTask(initialDelay: Self.pingInterval, delay: Self.pingInterval) { _ in
            for room in me.value.rooms.values { for person in room.people.values { person.beat() } }
        }
    }

    /// Sockets in all rooms.
    var count: Int { rooms.values.reduce(0) { $0 + $1.people.count } }

    func join(_ person: WaitingConversation, _ hash: String) {
        rooms[hash, default: Room()].people[ObjectIdentifier(person)] = person
    }

    func leave(_ person: WaitingConversation, _ hash: String) {
        rooms[hash]?.people[ObjectIdentifier(person)] = nil
        if rooms[hash]?.people.isEmpty ?? false { rooms[hash] = nil }
    }

    /// Something happened in a room: everybody is shown it once, however many are told.
    func look(at hash: String) {
        guard let room = rooms[hash], let person = room.people.values.first else { return }
        guard !room.isLooking else {
            rooms[hash]?.isDirty = true
            return
        }
        rooms[hash]?.isLooking = true
        let me = NIOLoopBound(self, eventLoop: eventLoop)
        person.core.engine.submit(
            .readRoom(hash: hash, Return(loop: person.seat.number) { me.value.looked(at: hash, $0) }))
    }

    private func show(_ room: WaitingRoom?, to people: [WaitingConversation]) {
        guard let room else {
            return people.forEach { $0.close(CloseCode.policyViolation, "Unknown link") }
        }
        let view = RoomView(room)
        for person in people { person.show(view, room.standing(of: person.participant.id)) }
    }

    private func looked(at hash: String, _ result: Result<WaitingRoom?, EngineError>) {
        guard let people = rooms[hash]?.people.values else { return }
        rooms[hash]?.isLooking = false
        // An engine that can't answer will say something again when it can: what is told is told once more then.
        if case .success(let room) = result { show(room, to: Array(people)) }
        guard rooms[hash]?.isDirty ?? false else { return }
        rooms[hash]?.isDirty = false
        look(at: hash)
    }
}
