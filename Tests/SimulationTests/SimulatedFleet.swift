import Journal
import Store
import TestSupport

/// Some nodes, two Redis servers and everything that can go wrong between them, in virtual time.
struct SimulatedFleet {
    enum Happening {
        case connects(node: Int, token: Int)
        case arrives(node: Int, token: Int)
        case replies(node: Int, token: Int)
        case connectsAppends(node: Int, incarnation: Int)
        case appends(Entry, lineage: UInt64, node: Int, incarnation: Int, server: Int, generation: Int)
        case answersAppend(SimulatedRedis.AppendReply, node: Int, incarnation: Int)
        case closesAppends(server: Int)
        case writes(node: Int)
        case flushes(node: Int)
        case checkpoints(node: Int)
        case setsPointer(SimulatedState, node: Int, incarnation: Int, server: Int, replid: String, nonce: UInt64?)
        case visits
        case replicates
        case fails
        case demotes
        case starts(node: Int)
    }

    /// A reader that goes from node to node with its position.
    struct Visitor {
        let channel: String
        var epoch = ""
        var offset: UInt64 = 0
    }

    let seed: UInt64
    let isVerbose: Bool
    var generator: SeededGenerator
    var agenda = Agenda<Happening>()
    var redis: SimulatedRedis
    var nodes: [SimulatedNode]
    var visitors = SimulatedState.channels.map { Visitor(channel: $0) }
    var invariants = Invariants()
    /// Faults come until then; writes go on a little longer.
    var faultsUntil: Int64 = 0
    var writesUntil: Int64 = 0
    var drawn: UInt64 = 0
    var unknownKeys: [(channel: String, key: String)] = []
    /// Entries that a living node knows to be lost.
    var counted: Set<EntryID> = []
    var terms = TailStateMachine.Terms()
    var happenings = 0
    /// What the schedules came across.
    var tally: [String: Int] = [:]

    init(seed: UInt64, rules: Rules = Rules(), isVerbose: Bool = false) {
        self.seed = seed
        self.isVerbose = isVerbose
        generator = SeededGenerator(seed: seed)
        redis = SimulatedRedis(rules: rules)
        nodes = (0..<5).map { SimulatedNode(index: $0) }
        terms.lease = 3_000
    }

    func say(_ text: @autoclosure () -> String) {
        if isVerbose { print("\(agenda.now) \(text())") }
    }

    mutating func chance(_ oneIn: Int) -> Bool { generator.happens(oneIn: oneIn) }

    mutating func delay(_ range: ClosedRange<Int64>) -> Int64 { Int64.random(in: range, using: &generator) }

    /// Mostly short, seldom long.
    mutating func wire() -> Int64 { chance(40) && agenda.now < faultsUntil ? delay(100...3_000) : delay(1...15) }

    mutating func draw() -> UInt64 {
        drawn += 1
        return drawn
    }

    /// Runs one schedule to its end; what was violated.
    mutating func run() -> [String] {
        faultsUntil = delay(8_000...20_000)
        writesUntil = faultsUntil + 1_500
        begin()
        let end = faultsUntil + 60_000
        while let happening = agenda.next(), agenda.now < end, invariants.violations.isEmpty {
            happenings += 1
            carryOut(happening)
            if happenings % 32 == 0, agenda.now > writesUntil + 3_000, isQuiet { break }
        }
        if invariants.violations.isEmpty { checkEnd() }
        tally["happenings"] = happenings
        tally["quiet milliseconds"] = Int(max(0, agenda.now - writesUntil))
        return invariants.violations
    }

    /// True when every node is live at the same place and nothing is under way any more.
    var isQuiet: Bool {
        nodes.allSatisfy { node in
            !node.isUp
                || (node.machine.isLive && node.again.isEmpty && node.pending.isEmpty
                    && node.machine.place == nodes[0].machine.place)
        } && nodes[0].isUp
    }

    private mutating func begin() {
        if chance(3) { putSingleFile(on: 0) }
        if chance(12), let file = nodes[0].file {
            nodes[1].file = file
            nodes[1].file?.isSoleOwner = false
        }
        for node in 0..<3 { agenda.add(.starts(node: node), in: delay(0...400)) }
        for node in 3..<5 where chance(2) { agenda.add(.starts(node: node), in: delay(3_000...20_000)) }
        for node in nodes.indices {
            agenda.add(.writes(node: node), in: delay(0...500))
            agenda.add(.flushes(node: node), in: delay(100...1_000))
            agenda.add(.checkpoints(node: node), in: delay(500...4_000))
        }
        agenda.add(.visits, in: 100)
        agenda.add(.replicates, in: 100)
        agenda.add(.fails, in: delay(1_000...7_000))
    }

    /// A node that ran alone until now.
    private mutating func putSingleFile(on node: Int) {
        let origin = draw() &+ 900
        var state = SimulatedState()
        let opening = Journal.Opening(salt: "s\(seed % 97)", secret: "x")
        let open = Entry(id: EntryID(origin: origin, counter: 1), time: 0, channel: "", kind: .open, body: opening.body)
        let at = Cursor(lineage: 1, sequence: 0)
        _ = state.apply(ArrivedEntry(cursor: at, entry: open), opening: opening)
        for counter in 2...UInt64(delay(2...6)) {
            let entry = publication(
                id: EntryID(origin: origin, counter: counter), channel: SimulatedState.channels[0], key: nil)
            _ = state.apply(
                ArrivedEntry(cursor: Cursor(lineage: 1, sequence: counter - 1), entry: entry), opening: nil)
        }
        nodes[node].file = SimulatedNode.File(state: state, rows: [], isSoleOwner: true)
    }

    func publication(id: EntryID, channel: String, key: String?) -> Entry {
        var header = EntryHeader()
        header.history = HistoryWindow(size: 20, ttl: 3_600_000)
        if let key { header.idempotency = IdempotencyClaim(key: key, bodyHash: 1, window: 3_600_000) }
        return Entry(
            id: id, time: 1_000_000 + agenda.now, channel: channel, kind: .publish, header: header,
            body: Array("\"\(id)\"".utf8))
    }

    private mutating func carryOut(_ happening: Happening) {
        switch happening {
        case .connects(let node, let token): connect(node, token)
        case .arrives(let node, let token): arrive(node, token)
        case .replies(let node, let token): reply(node, token)
        case .connectsAppends(let node, let incarnation): connectAppends(node, incarnation)
        case .appends(let entry, let lineage, let node, let incarnation, let server, let generation):
            appendArrives(entry, lineage, node, incarnation, server, generation)
        case .answersAppend(let answer, let node, let incarnation): answerAppend(answer, node, incarnation)
        case .closesAppends(let server):
            for node in nodes.indices where nodes[node].appending?.server == server { nodes[node].appending = nil }
            redis.servers[server].generation += 1
        case .writes(let node): write(node)
        case .flushes(let node): flush(node)
        case .checkpoints(let node): checkpoint(node)
        case .setsPointer(let state, let node, let incarnation, let server, let replid, let nonce):
            setPointer(state, node, incarnation, server, replid, nonce)
        case .visits: visit()
        case .replicates:
            if !chance(3) { redis.replicate() }
            agenda.add(.replicates, in: delay(50...600))
        case .fails: fail()
        case .demotes: demote()
        case .starts(let node): start(node)
        }
    }

    private mutating func checkEnd() {
        let up = nodes.filter(\.isUp)
        for node in up where !node.machine.isLive {
            invariants.violate(
                "node \(node.index) is not live at the end: \(node.machine.phase) at \(node.machine.place)")
        }
        guard let final = up.first?.state, invariants.violations.isEmpty else { return }
        for node in up where node.state.place != final.place || node.state.digest != final.digest {
            invariants.violate("nodes 0 and \(node.index) differ at the end: \(final.place), \(node.state.place)")
        }
        for node in up where !node.pending.isEmpty {
            invariants.violate("writes \(node.pending.keys.sorted()) of node \(node.index) never got an outcome")
        }
        for (id, acknowledgement) in invariants.acknowledged where !final.taken.contains(id) {
            if acknowledgement.epochBase == final.epochBase {
                invariants.violate("\(id) was acknowledged and is gone, and epochs are the same")
            }
            let node = nodes[acknowledgement.node]
            guard node.isUp, node.incarnation == acknowledgement.incarnation, !counted.contains(id) else { continue }
            invariants.violate("\(id) was acknowledged by living node \(node.index), is gone and wasn't appended again")
        }
    }
}
