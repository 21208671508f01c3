import Journal

/// What a node keeps beside the machine that decides for it.
struct SimulatedNode {
    /// What lies on disk: written behind, so older than what the node delivered.
    struct File {
        var state: SimulatedState
        var rows: [ArrivedEntry]
        var isSoleOwner: Bool
    }

    /// A connection that carries nothing but appends; it asked whose server it is before the first.
    struct AppendConnection {
        let id: UInt64
        let server: Int
        let replid: String
        let generation: Int
        /// When the newest of its appends arrives: they stay in order.
        var busyUntil: Int64 = 0
    }

    /// A group of commands on the tail's connection that is under way.
    enum Operation {
        case look(StreamView?, Int)
        case read(after: Cursor, until: Int64, TailStateMachine.Batch?)
        case post(Place)
        case open(OpeningPlan, touches: Int?, generation: Int)
        case join(CheckpointPointer, hasSurplus: Bool)
        /// The checkpoint is here; taking it needs no server, so its outcome always reaches the machine.
        case take(CheckpointPointer, SimulatedState, hasSurplus: Bool)
    }

    let index: Int
    /// Counts the starts of the process.
    var incarnation = 0
    var isUp = false
    var pausedUntil: Int64 = 0
    var machine = TailStateMachine(origin: 0, place: .start, chain: LineageChain())
    var counter: UInt64 = 0
    var state = SimulatedState()
    var file: File?
    /// The newest entries that were applied.
    var rows: [ArrivedEntry] = []
    /// What the last read brought and was not handed over yet.
    var batch: ArraySlice<ArrivedEntry> = []
    var pending: [UInt64: Entry] = [:]
    var acknowledged: Set<UInt64> = []
    /// To be appended again, first of all, until it was seen in the stream.
    var again: [Entry] = []
    var wasAppendedAgain = false
    var hasSeenLoss = false
    /// What subscribers of each channel saw last.
    var subscribed: [String: (epoch: String, offset: UInt64)] = [:]

    var server: Int?
    var generation = 0
    /// Grows with each step of the tail, so that what belongs to an earlier one is dropped.
    var token = 0
    var operation: Operation?
    var reply: TailStateMachine.Event?
    var appending: AppendConnection?
    var leases = LeaseTable(origin: 0)
    /// The own lease as it was written last.
    var lease: LeaseValue?

    init(index: Int) { self.index = index }

    static let rowsMax = 400

    /// Starts the process with what is on disk.
    mutating func boot(origin: UInt64, start: TailStateMachine.Start, terms: TailStateMachine.Terms) {
        incarnation += 1
        (isUp, hasSeenLoss, wasAppendedAgain) = (true, false, false)
        (pending, acknowledged, again, subscribed, batch) = ([:], [], [], [:], [])
        (server, appending, operation, reply) = (nil, nil, nil, nil)
        (counter, lease) = (0, nil)
        leases = LeaseTable(origin: origin, terms: SimulatedFleet.leaseTerms)
        state = file?.state ?? SimulatedState()
        rows = file?.rows ?? []
        machine = TailStateMachine(
            origin: origin, place: state.place, chain: state.chain, start: start,
            isSoleOwner: file?.isSoleOwner ?? false, terms: terms)
    }

    mutating func flush() { file = File(state: state, rows: rows, isSoleOwner: false) }
}
