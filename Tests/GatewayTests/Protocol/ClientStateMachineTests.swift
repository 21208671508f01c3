import Testing

@testable import Gateway

@Suite struct ClientStateMachineTests {
    typealias Machine = ClientStateMachine

    /// Every situation that a connection can be in.
    enum Situation: String, CaseIterable, Sendable {
        case fresh, connecting, connected, pinged, busy, refused, leaving, leavingPinged, closed

        var machine: Machine {
            var machine = Machine()
            switch self {
            case .fresh: break
            case .connecting:
                machine.connectBegan()
                machine.began()
            case .connected: machine.connectAnswered(accepted: true)
            case .pinged:
                machine.connectAnswered(accepted: true)
                _ = machine.handle(.pingDue)
            case .busy:
                machine.connectAnswered(accepted: true)
                machine.began()
            case .refused: machine.connectAnswered(accepted: false)
            case .leaving:
                machine = Situation.busy.machine
                _ = machine.handle(.drain)
            case .leavingPinged:
                machine = Situation.pinged.machine
                machine.began()
                _ = machine.handle(.drain)
            case .closed: _ = machine.handle(.closed)
            }
            return machine
        }
    }

    /// Everything that can happen to it.
    enum Happening: String, CaseIterable, Sendable {
        case connect, connectWithoutID, subscribe, subscribeWithoutID, ping, send, sendWithID, pong, unknown, malformed
        case pingDue, pongDue, staleDue, expired, drain, inFlightDone, closed

        var event: Machine.Event {
            switch self {
            case .connect: .command(.connect(ConnectCommand()), id: 1)
            case .connectWithoutID: .command(.connect(ConnectCommand()), id: 0)
            case .subscribe: .command(.subscribe(SubscribeCommand(channel: "c")), id: 1)
            case .subscribeWithoutID: .command(.subscribe(SubscribeCommand(channel: "c")), id: 0)
            case .ping: .command(.ping, id: 1)
            case .send: .command(.send, id: 0)
            case .sendWithID: .command(.send, id: 1)
            case .pong: .command(.pong, id: 0)
            case .unknown: .command(.unknown, id: 1)
            case .malformed: .malformed
            case .pingDue: .pingDue
            case .pongDue: .pongDue
            case .staleDue: .staleDue
            case .expired: .expired
            case .drain: .drain
            case .inFlightDone: .inFlightDone
            case .closed: .closed
            }
        }
    }

    private static let bad = Machine.Action.close(.badRequest)

    /// What the protocol demands; everything that isn't listed does nothing.
    private static func expected(_ situation: Situation, _ happening: Happening) -> Machine.Action {
        switch situation {
        case .closed: return .nothing
        case .fresh, .refused:
            switch happening {
            case .connect: return situation == .fresh ? .connect : bad
            case .staleDue: return .close(.stale)
            case .drain: return .close(.shutdown)
            case .pingDue, .pongDue, .expired, .inFlightDone, .closed: return .nothing
            default: return bad
            }
        case .connecting:
            switch happening {
            case .subscribe, .ping, .send, .sendWithID: return .postpone
            case .connect, .connectWithoutID, .subscribeWithoutID, .unknown, .malformed, .pong: return bad
            case .pingDue, .pongDue, .staleDue, .expired, .drain, .inFlightDone, .closed: return .nothing
            }
        case .connected, .pinged, .busy:
            switch happening {
            case .subscribe, .ping: return .carryOut
            case .send, .sendWithID: return .close(.notAvailable)
            case .connect, .connectWithoutID, .subscribeWithoutID, .unknown, .malformed: return bad
            case .pong: return situation == .pinged ? .nothing : bad
            case .pingDue: return .sendPing
            case .pongDue: return situation == .pinged ? .close(.noPong) : .nothing
            case .expired: return .close(.connectionExpired)
            case .drain: return situation == .busy ? .nothing : .close(.shutdown)
            case .staleDue, .inFlightDone, .closed: return .nothing
            }
        case .leaving: return .nothing
        case .leavingPinged: return happening == .pongDue ? .close(.noPong) : .nothing
        }
    }

    @Test(arguments: Situation.allCases, Happening.allCases)
    func handle_whenInAnySituation_doesWhatTheProtocolDemands(_ situation: Situation, _ happening: Happening) {
        var machine = situation.machine
        let action = machine.handle(happening.event)
        #expect(action == Self.expected(situation, happening))
        if case .close = action {
            #expect(machine.state == .closed, "a close is decided once")
            for later in Happening.allCases { #expect(machine.handle(later.event) == .nothing) }
        } else if happening != .closed, happening != .drain {
            #expect(machine.state == situation.machine.state)
        }
    }

    @Test func pong_whenItCameOnce_isNotTakenTwice() {
        var machine = Situation.pinged.machine
        #expect(machine.handle(Happening.pong.event) == .nothing)
        #expect(machine.handle(.pongDue) == .nothing)
        #expect(machine.handle(Happening.pong.event) == Self.bad)
    }

    @Test func pong_whenItComesWhileLeaving_countsAndASecondIsIgnored() {
        var machine = Situation.leavingPinged.machine
        #expect(machine.handle(Happening.pong.event) == .nothing)
        #expect(machine.handle(.pongDue) == .nothing, "it did answer")
        #expect(machine.handle(Happening.pong.event) == .nothing)
        #expect(machine.ended() == .close(.shutdown))
    }

    @Test func connect_whenAnswered_opensOrRefusesOnce() {
        var machine = Machine()
        #expect(machine.handle(Happening.connect.event) == .connect)
        machine.connectAnswered(accepted: true)
        machine.connectAnswered(accepted: false)
        #expect(machine.state == .connected)
        #expect(machine.handle(Happening.connect.event) == Self.bad)
    }

    @Test(arguments: [true, false]) func connect_whenTheEngineAnswersLate_opensOrRefuses(accepted: Bool) {
        var machine = Situation.connecting.machine
        machine.connectAnswered(accepted: accepted)
        #expect(machine.state == (accepted ? .connected : .refused))
        #expect(machine.ended() == .nothing)
        #expect(machine.handle(Happening.subscribe.event) == (accepted ? .carryOut : Self.bad))
    }

    @Test func drain_whileConnecting_closesWithTheAnswer() {
        var machine = Situation.connecting.machine
        #expect(machine.handle(.drain) == .nothing)
        machine.connectAnswered(accepted: true)
        #expect(machine.ended() == .close(.shutdown))
    }

    @Test func drain_whenCommandsAreInFlight_closesAfterTheLastAnswer() {
        var machine = Situation.connected.machine
        for _ in 0..<3 { machine.began() }
        #expect(machine.handle(.drain) == .nothing)
        #expect(machine.handle(.drain) == .nothing, "a second drain changes nothing")
        #expect(machine.ended() == .nothing)
        #expect(machine.ended() == .nothing)
        #expect(machine.ended() == .close(.shutdown))
        #expect(machine.ended() == .nothing, "one close")
    }

    @Test func ended_whenNobodyLeaves_doesNothing() {
        var machine = Situation.busy.machine
        #expect(machine.ended() == .nothing)
        #expect(machine.ended() == .nothing, "an answer too many must not wrap the count")
        #expect(machine.handle(.drain) == .close(.shutdown))
    }
}
