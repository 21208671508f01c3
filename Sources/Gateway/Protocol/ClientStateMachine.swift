/// Decides what may happen on one connection of the client protocol, and when it must end.
///
/// - Source: client-protocol reference, sections 2, 4 and 4.3.
struct ClientStateMachine: Equatable {
    enum State: UInt8, CaseIterable {
        /// Open, nothing said yet.
        case fresh
        /// The connect waits for the engine; commands behind it wait for its answer.
        case connecting
        case connected
        /// The connect was answered with an error; only a close can follow.
        case refused
        /// No more commands are taken; what is in flight is still answered.
        case leaving
        case closed
    }

    enum Event: Equatable {
        case command(Command.Method, id: UInt32)
        case malformed
        case pingDue
        case pongDue
        case staleDue
        /// The credentials ran out and were not renewed in time.
        case expired
        case drain
        case inFlightDone
        case closed
    }

    enum Action: Equatable {
        case nothing
        case connect
        case carryOut
        /// Carry it out once the connect is answered.
        case postpone
        case sendPing
        case close(Disconnect)
    }

    private(set) var state = State.fresh
    /// True between a ping and its pong.
    private(set) var awaitsPong = false
    /// Commands that the engine has not answered.
    private(set) var inFlight: UInt32 = 0

    /// Takes what happened and says what is to be done.
    mutating func handle(_ event: Event) -> Action {
        switch event {
        case .closed:
            state = .closed
            return .nothing
        case _ where state == .closed: return .nothing
        case .command(let method, let id): return command(method, id: id)
        case .malformed: return state == .leaving ? .nothing : close(.badRequest)
        case .pingDue: return ping()
        case .pongDue: return awaitsPong ? close(.noPong) : .nothing
        case .staleDue: return state == .fresh || state == .refused ? close(.stale) : .nothing
        case .expired: return state == .connected ? close(.connectionExpired) : .nothing
        case .drain: return leave()
        case .inFlightDone: return state == .leaving && inFlight == 0 ? close(.shutdown) : .nothing
        }
    }

    /// The connect went to the engine.
    mutating func connectBegan() {
        if state == .fresh { state = .connecting }
    }

    /// The connect was answered.
    mutating func connectAnswered(accepted: Bool) {
        guard state == .fresh || state == .connecting else { return }
        state = accepted ? .connected : .refused
    }

    /// A command went to the engine.
    mutating func began() { inFlight &+= 1 }

    /// The engine answered a command; the action closes a connection that waited for it.
    mutating func ended() -> Action {
        inFlight = inFlight > 0 ? inFlight - 1 : 0
        return handle(.inFlightDone)
    }

    private mutating func command(_ method: Command.Method, id: UInt32) -> Action {
        if method == .pong { return pong() }
        if state == .leaving { return .nothing }
        guard method != .unknown, id != 0 || method == .send else { return close(.badRequest) }
        if case .connect = method { return state == .fresh ? .connect : close(.badRequest) }
        if state == .connecting { return .postpone }
        guard state == .connected else { return close(.badRequest) }
        return method == .send ? close(.notAvailable) : .carryOut
    }

    /// Who leaves may still answer the last ping; otherwise it would be closed for its silence.
    private mutating func pong() -> Action {
        guard awaitsPong else { return state == .leaving ? .nothing : close(.badRequest) }
        awaitsPong = false
        return .nothing
    }

    private mutating func ping() -> Action {
        guard state == .connected else { return .nothing }
        awaitsPong = true
        return .sendPing
    }

    private mutating func leave() -> Action {
        guard state != .leaving else { return .nothing }
        state = .leaving
        return handle(.inFlightDone)
    }

    private mutating func close(_ disconnect: Disconnect) -> Action {
        state = .closed
        return .close(disconnect)
    }
}
