import ArgumentParser
import Journal
import Migrations
import NIOPosix
import Store

/// Brings a fleet's journal from Redis into a directory of its own, and keeps it up with the fleet where that is wanted.
///
/// - Guarantee: the directory, in which secrets and documents are, is readable by this user only and goes with `close`.
final class FleetReplay {
    /// Where the journal is, for people.
    let place: String
    /// The copy, as a node's directory.
    var directory: DataDirectory { scratch.data }

    private let observer: StreamObserver
    private let scratch: ScratchDirectory
    private let replica: StreamReplica
    private let interrupt: Interrupt
    private let top: Cursor
    private var walk: StreamWalkStateMachine
    /// What checkpoints say about entries before them.
    private var outcomes: [Cursor: Outcome] = [:]
    private var isWhole: Bool
    private var pending: [ArrivedEntry] = []
    private var isPendingShown = false
    private var oldestShown: Cursor?

    /// For how long one read waits for news; Ctrl-C is looked for in between.
    private static let waitMilliseconds: Int64 = 250
    /// Rows that a tail keeps at most: they were printed.
    private static let followedBytesMax = 256 << 20
    /// The exit code of a program that Ctrl-C ended.
    static let interrupted = ExitCode(130)

    /// Connects, and sees what there is.
    ///
    /// - Errors: `RedisError`; ``ExitCode`` after saying that there is no journal.
    static func open(_ origin: FleetOrigin, _ interrupt: Interrupt) async throws -> FleetReplay {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let observer = StreamObserver(origin.target, prefix: origin.prefix, on: loop)
        try await observer.connect()
        guard let survey = try await observer.survey() else {
            throw Output.nothing("There is no journal at \(origin.place).")
        }
        return try FleetReplay(origin, observer, survey, interrupt)
    }

    private init(
        _ origin: FleetOrigin, _ observer: StreamObserver, _ survey: StreamSurvey, _ interrupt: Interrupt
    ) throws {
        place = origin.place
        (self.observer, self.interrupt) = (observer, interrupt)
        (top, isWhole) = (survey.top, survey.isWhole)
        walk = StreamWalkStateMachine(bases: survey.pointers)
        scratch = try ScratchDirectory(prefix: "anteroom-replay")
        replica = try StreamReplica(scratch.data)
    }

    /// Closes everything and removes the copy.
    func close() {
        observer.close()
        // The file goes in any case.
        try? replica.close()
        scratch.remove()
    }

    /// Brings everything that the stream had when it was opened.
    func catchUp() async throws {
        if !isWhole { try await readOutcomes() }
        var last: Cursor?
        while last.map({ $0 < top }) ?? true {
            guard !interrupt.hasCome else { throw Self.interrupted }
            let page = try await observer.entries(after: last, through: top)
            guard let newest = page.last else { break }
            try await take(page)
            last = newest.cursor
        }
        try await endWalk(at: top)
        if let oldestShown {
            Output.remark(
                "The stream no longer has everything that was before \(oldestShown): where neither it nor a checkpoint tells"
                    + " what an entry did, its verdict is unknown.")
        }
    }

    /// Brings what comes next, waiting a moment for it; comes back when Redis was away.
    func advance() async throws {
        do {
            let last = walk.newest?.cursor ?? top
            let page = try await observer.news(after: last, within: Self.waitMilliseconds)
            if walk.place == nil { try await refresh() }
            try await take(page)
            if page.isEmpty { try await endWalk(at: last) }
            try replica.trim(toBytes: Self.followedBytesMax)
        } catch let error as RedisError where error.isPassing {
            try await reconnect(after: error)
        }
    }

    private func reconnect(after error: RedisError) async throws {
        Output.remark("\(ActiveBitsSource.sentence(error)) Trying again.")
        var (backoff, generator) = (Backoff(), SystemRandomNumberGenerator())
        while !interrupt.comes(within: Int(backoff.next(using: &generator))) {
            do throws(RedisError) {
                try await observer.connect()
                return Output.remark("Redis at \(place) answers again.")
            } catch {
                guard error.isPassing else { throw error }
            }
        }
    }

    private func take(_ page: [ArrivedEntry]) async throws {
        for arrived in page {
            let item = Place(cursor: arrived.cursor, id: arrived.entry.id)
            let opening = arrived.entry.kind == .open ? Opening(arrived.entry) : nil
            var ahead = walk
            var step = ahead.take(item, opening: opening)
            if case .lost(let place) = step {
                try flush()
                Output.remark(
                    "Entry \(item.cursor) doesn't follow \(place.cursor): entries were trimmed or lost; going on from the newest"
                        + " checkpoint that there is.")
                walk = ahead
                try await refresh()
                ahead = walk
                step = ahead.take(item, opening: opening)
            }
            if case .adopt(let base) = step { try await adopt(base) }
            walk = ahead
            try add(arrived, isShown: step == .show)
        }
        try flush()
    }

    private func add(_ arrived: ArrivedEntry, isShown: Bool) throws {
        if isShown != isPendingShown { try flush() }
        isPendingShown = isShown
        if isShown, oldestShown == nil { oldestShown = arrived.cursor }
        pending.append(arrived)
    }

    private func flush() throws {
        guard !pending.isEmpty else { return }
        if isPendingShown { try replica.show(pending, outcomes) } else { try replica.apply(pending) }
        pending.removeAll(keepingCapacity: true)
    }

    /// A checkpoint that includes just what was read makes the state known at the end.
    private func endWalk(at last: Cursor) async throws {
        var ahead = walk
        guard let base = ahead.end(top: last) else { return }
        try await adopt(base)
        walk = ahead
    }

    private func adopt(_ pointer: CheckpointPointer) async throws {
        try flush()
        guard let content = try await observer.content(of: pointer) else {
            throw Exit(
                .unavailable, "The checkpoint at \(pointer.place.cursor) went away while it was read; repeat the command.")
        }
        try replica.adopt(content)
    }

    /// Looks for newer checkpoints.
    private func refresh() async throws {
        guard let survey = try await observer.survey(), survey.pointers != walk.bases else { return }
        walk.bases = survey.pointers
        try await readOutcomes()
    }

    /// Of the checkpoints that can still be read; one that can't is no base either.
    private func readOutcomes() async throws {
        outcomes = [:]
        var bases: [CheckpointPointer] = []
        for pointer in walk.bases {
            guard !interrupt.hasCome else { throw Self.interrupted }
            guard let content = try await observer.content(of: pointer) else { continue }
            bases.append(pointer)
            outcomes.merge(try content.retainedOutcomes()) { first, _ in first }
        }
        walk.bases = bases
    }
}
