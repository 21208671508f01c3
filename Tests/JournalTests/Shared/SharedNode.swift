import JSONBytes
import Journal
import NIOCore
import NIOPosix
import Synchronization
import TestSupport

/// The smallest engine there is: it keeps every publication that it took, in order, and says where it is.
final class SharedNode: Sendable {
    /// What the node has become.
    struct Memory: Sendable {
        /// `id body` of each publication, in the journal's order.
        var taken: [String] = []
        var place = Place.start
        var chain = LineageChain()
        var isLive = false
        /// `resumed`, `away`, `loss`, `halted`, `join`, in order.
        var events: [String] = []
        var failed: [UInt64: JournalError.Code] = [:]
        var confirmed: UInt64 = 0
        var halt: TailStateMachine.Halt?
        var retained: [Cursor] = []
        var problems: [(error: RedisError, isFatal: Bool)] = []
        var canaries = 0
    }

    let memory: Box<Memory>
    let link: SharedLink
    let origin: UInt64
    private let counter: Box<UInt64>
    private let group: MultiThreadedEventLoopGroup

    /// Starts a node on one server.
    convenience init(
        _ address: RedisAddress, replicas: Int = 0, prefix: String = "anteroom",
        _ change: (inout SharedTerms) -> Void = { _ in }
    ) {
        self.init(target: .single(address), replicas: replicas, prefix: prefix, change)
    }

    /// Starts a node.
    init(
        target: RedisTarget, memory start: Memory = Memory(), replicas: Int = 0, prefix: String = "anteroom",
        _ change: (inout SharedTerms) -> Void = { _ in }
    ) {
        let memory = Box(start)
        let counter = Box<UInt64>(0)
        let origin = UInt64.random(in: 1 ... .max)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var configuration = SharedConfiguration(target: target)
        configuration.prefix = prefix
        configuration.waitReplicas = replicas
        configuration.onStartProblem = { error, isFatal in memory.with { $0.problems.append((error, isFatal)) } }
        var terms = SharedTerms()
        (terms.block, terms.tick, terms.lease, terms.look, terms.readSlack) = (100, 50, 600, 1_000, 1_000)
        (terms.append, terms.wait, terms.stall) = (1_000, 100, 500)
        change(&terms)
        configuration.terms = terms
        var tailTerms = TailStateMachine.Terms()
        (tailTerms.roll, tailTerms.lease, tailTerms.look) = (200, 600, 100)
        (tailTerms.pause, tailTerms.postAgeMax) = (30, 500)
        let tail = TailStateMachine(
            origin: origin, place: start.place, chain: start.chain, terms: tailTerms)
        (self.memory, self.counter, self.origin, self.group) = (memory, counter, origin, group)
        link = SharedLink(configuration, tail: tail, eventLoop: group.next()) { Self.take($0, memory) }
        link.start()
    }

    deinit {
        let group = group
        link.stop { group.shutdownGracefully { _ in } }
    }

    private static func take(_ arrival: SharedArrival, _ memory: Box<Memory>) {
        memory.with { memory in
            switch arrival {
            case .entries(let entries, _): for entry in entries { take(entry, &memory) }
            case .suspended(let reason):
                memory.isLive = false
                memory.events.append(reason.rawValue)
            case .resumed:
                memory.isLive = true
                memory.events.append("resumed")
            case .failed(let counters, let error): for counter in counters { memory.failed[counter] = error.code }
            case .confirmed(let counter): memory.confirmed = counter
            case .checkpointWanted(let answer): answer(.success(content(of: memory)))
            case .join(let content, _, let answer):
                memory.events.append("join")
                let text = content.chunks.map { String(decoding: $0, as: UTF8.self) }.joined()
                memory.taken = text.split(separator: "\n").map(String.init)
                (memory.place, memory.chain) = (content.place, content.chain)
                memory.retained = content.retained.map(\.cursor)
                answer(.success((content.place, content.chain)))
            case .halted(let halt): memory.halt = halt
            }
        }
    }

    private static func take(_ arrived: ArrivedEntry, _ memory: inout Memory) {
        let entry = arrived.entry
        memory.place = Place(cursor: arrived.cursor, id: entry.id)
        switch entry.kind {
        case .open: memory.chain.append(Opening(entry).link(at: arrived.cursor))
        case .canary: memory.canaries += 1
        default: memory.taken.append("\(entry.id) " + String(decoding: entry.body, as: UTF8.self))
        }
    }

    /// The state as a checkpoint of many chunks.
    static func content(of memory: Memory) -> CheckpointContent {
        let chunks = memory.taken.map { Array(($0 + "\n").utf8) }
        let retainedFrom = Cursor(lineage: memory.place.cursor.lineage, sequence: memory.place.cursor.sequence / 2)
        return CheckpointContent(place: memory.place, chain: memory.chain, retainedFrom: retainedFrom, chunks: chunks)
    }

    /// Appends publications, each a call of its own, and returns their counters.
    @discardableResult
    func append(_ count: Int, bodyBytes: Int = 8) -> [UInt64] {
        (0..<count).map { _ in
            let number = counter.with { value in
                value += 1
                return value
            }
            let body = Array("\"\(number)\(String(repeating: "x", count: max(0, bodyBytes - 8)))\"".utf8)
            link.append([
                Entry(
                    id: EntryID(origin: origin, counter: number), time: link.serverTime() ?? 0, channel: "chat:1",
                    kind: .publish, body: body)
            ])
            return number
        }
    }

    var taken: [String] { memory.value.taken }
    var isLive: Bool { memory.value.isLive }
    var lineage: UInt64 { memory.value.chain.newest?.lineage ?? 0 }

    /// The counters of this node whose publications it took.
    var ownTaken: [UInt64] {
        taken.compactMap { line in
            line.split(separator: " ").first.flatMap { EntryID(String($0)) }.flatMap {
                $0.origin == origin ? $0.counter : nil
            }
        }
    }
}

extension RedisServer {
    /// How a node reaches it.
    var address: RedisAddress {
        RedisAddress(
            endpoint: .tcp(host: "127.0.0.1", port: port),
            credentials: options.password.map { RedisAddress.Credentials(user: nil, password: $0) })
    }

    /// Openings in the journal's stream.
    func openings() throws -> Int {
        let text = try command("EVAL", Self.countOpenings, "1", "anteroom:{0}:journal")
        return Int(text.dropFirst()) ?? 0
    }

    /// Kind 1 stands at byte 26 of an entry.
    private static let countOpenings = """
        local n = 0
        for _, record in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) do
          if string.byte(record[2][2], 26) == 1 then n = n + 1 end
        end
        return n
        """
}
