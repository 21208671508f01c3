import GRDB
import Journal
import Migrations

/// Decides when the engine has to look after something besides requests.
struct Housekeeping: Equatable {
    private let flushInterval: Int64
    private var flushedAt: Int64
    private var tickedAt: Int64
    /// Pages that the write-ahead log had when the last WAL checkpoint ended.
    private var walTriedAt = 0

    init(flushInterval: Int64, now: Int64) {
        self.flushInterval = flushInterval
        (flushedAt, tickedAt) = (now, now)
    }

    /// When the next turn is due if nothing comes, in monotonic milliseconds.
    func dueAt(probeAt: Int64?) -> Int64 {
        let next = tickedAt + EngineLimits.housekeepingMilliseconds
        return min(next, probeAt ?? next)
    }

    /// True when a checkpoint is due: enough dirty rows, or any and the interval passed.
    ///
    /// With a shared journal Redis has everything, so only the interval counts; rows are written behind by their number.
    func isFlushDue(at now: Int64, dirty: Int, isShared: Bool) -> Bool {
        (!isShared && dirty >= EngineLimits.dirtyRowsMax) || (dirty > 0 && now - flushedAt >= flushInterval)
    }

    /// True when sweeping, trimming and the WAL checkpoint should be looked at; notes that they were.
    mutating func tick(at now: Int64) -> Bool {
        guard now - tickedAt >= EngineLimits.housekeepingMilliseconds else { return false }
        tickedAt = now
        return true
    }

    /// True when the write-ahead log grew enough since the last try: while a reader holds it back, trying at every round
    /// would only cost time.
    mutating func isWALCheckpointDue(pages: Int, isIdle: Bool) -> Bool {
        if pages < walTriedAt { walTriedAt = 0 }
        return pages - walTriedAt >= (isIdle ? EngineLimits.walPagesIdle : EngineLimits.walPagesBusy)
    }

    /// A WAL checkpoint did what it could.
    mutating func walCheckpointed(pages: Int) { walTriedAt = pages }

    /// Milliseconds since the newest checkpoint.
    func flushAge(at now: Int64) -> Int64 { max(0, now - flushedAt) }

    /// A checkpoint was written.
    mutating func flushed(at now: Int64) { flushedAt = now }
}

extension EngineCore {
    /// Looks after everything that is due between two rounds.
    func tend() {
        let now = clock.monotonic()
        if let probeAt = writer.probeAt {
            if now >= probeAt { probe() }
            // Whoever waits for the journal or for an answer is told in time, whatever the file does.
            if housekeeping.tick(at: now) { round { tendFleet(at: now) } }
            return
        }
        if let fleet {
            let isDue = housekeeping.isFlushDue(at: now, dirty: state.dirtyCount, isShared: true)
            if isDue || journal.unwritten >= EngineLimits.unwrittenRowsMax { flushBehind(fleet) }
        } else if housekeeping.isFlushDue(at: now, dirty: state.dirtyCount, isShared: false) {
            flush()
        }
        if fleet == nil { walCheckpointIfDue() }
        guard housekeeping.tick(at: now) else { return }
        round {
            if writer.probeAt == nil {
                keepSubscribedAlive()
                // One sweeper is enough: what it proposes comes to every node.
                let isSweeper = fleet?.link.status.isCheckpointer ?? true
                if isSweeper { sweep() }
                tendRooms(isSweeper: isSweeper)
            }
            tendFleet(at: now)
        }
        guard writer.probeAt == nil else { return }
        // A flush on its way holds the writing connection; the engine doesn't wait for it.
        if fleet?.writeBehind.isBusy != true { trim() }
        evict()
    }

    private func walCheckpointIfDue() {
        let pages = file.walPages
        guard housekeeping.isWALCheckpointDue(pages: pages, isIdle: mailbox.isEmpty) else { return }
        // What stays in the log is taken at a later moment; commits go on either way.
        _ = try? file.walCheckpoint(truncating: false)
        housekeeping.walCheckpointed(pages: pages)
    }

    /// Writes the checkpoint if anything is dirty.
    func flush() {
        if let fleet { return flushNow(fleet) }
        guard writer.refusal == nil, memoryFailure == nil, !journal.hasRound, state.dirtyCount > 0 else { return }
        let began = ContinuousClock.now
        do throws(StorageError) {
            try Checkpoint.store(state, journal: journal, in: file)
            state.markFlushed()
            checkpointed = state.head
            counters.checkpointed(in: .now - began)
            housekeeping.flushed(at: clock.monotonic())
        } catch {
            // Nothing acknowledged is at risk, the journal has it; but a file that refuses this refuses the next round.
            refuseWrites(after: JournalError(error))
        }
    }

    func refuseWrites(after error: JournalError) {
        writer.commitFailed(EngineError(error), at: clock.monotonic())
        shared.note(failure: writer.refusal)
    }

    /// A session lives by its subscribers, wherever they are: each node speaks for its own.
    private func keepSubscribedAlive() {
        guard memoryFailure == nil else { return }
        for id in housekeepingSessions() { keepAlive(id, ifUntouchedFor: (state.sessions[id]?.ttl ?? 0) / 3) }
    }

    /// Ends sessions whose deadline passed, forgets tombstones and long-silent channels.
    private func sweep() {
        guard memoryFailure == nil else { return }
        let now = now
        do throws(StorageError) {
            let due: (Database) throws -> (sessions: [String], channels: [String], rooms: [String]) = { db in
                (
                    try CheckpointTable.due(db, .session, at: now, limit: EngineLimits.sweepRows),
                    try CheckpointTable.due(db, .channel, at: now, limit: EngineLimits.sweepRows),
                    try CheckpointTable.due(db, .room, at: now, limit: EngineLimits.sweepRows)
                )
            }
            let (sessions, channels, rooms) = fleet == nil ? try file.readNewest(due) : try file.read(due)
            for id in sessions { try sweep(session: id, at: now) }
            for hash in rooms { sweep(room: hash, at: now) }
            for name in channels {
                try loadRows(of: name)
                guard let channel = state.channels[name], channel.dueAt <= now, !directory.contains(name),
                    mayUpkeep(name)
                else { continue }
                propose(Draft(channel: name, kind: .channelDrop)) { _ in }
            }
        } catch {
            // The rows stay due; the next look finds them again.
            counters.failedSweeps += 1
        }
    }

    private func sweep(room hash: String, at now: Int64) {
        let channel = WaitingRoom.channel(of: hash)
        guard let room = state.rooms.rooms[hash], room.dueAt <= now, room.line.isEmpty, mayUpkeep(channel) else {
            return
        }
        propose(Draft(channel: channel, kind: .roomForget)) { _ in }
    }

    private func sweep(session id: String, at now: Int64) throws(StorageError) {
        let channel = Session.channel(of: id)
        try loadRows(of: channel)
        guard let session = state.sessions[id], session.dueAt <= now, mayUpkeep(channel) else { return }
        guard session.endedAt == nil else {
            return propose(Draft(channel: channel, kind: .sessionForget)) { _ in }
        }
        var header = EntryHeader()
        header.expectedDeadline = session.deadline
        header.reason = "expired"
        header.history = state.channels[channel]?.window
        propose(Draft(channel: channel, kind: .sessionExpire, header: header)) { _ in }
    }

    /// The next few sessions with subscribers, in turn.
    private func housekeepingSessions() -> ArraySlice<String> {
        if keptAlive.isEmpty { keptAlive = directory.sessions[...] }
        defer { keptAlive = keptAlive.dropFirst(EngineLimits.keptAliveRows) }
        return keptAlive.prefix(EngineLimits.keptAliveRows)
    }

    func trim() {
        let before = entryTime - configuration.journalRetention
        do throws(JournalError) {
            _ = try journal.trim(before: before, bytesMax: configuration.journalBytesMax, checkpoint: checkpointed)
        } catch {
            // The rows stay; but after a failed commit nothing may be written before a probe was.
            counters.failedSweeps += 1
            refuseWrites(after: error)
        }
    }

    /// Tries to make the file take writes again after a failed commit.
    private func probe() {
        let wasFull = writer.refusal?.code == .diskFull
        do {
            if !wasFull {
                // After a failed fsync the kernel may have dropped dirty pages: only what is read back from a newly
                // opened file counts ("fsyncgate").
                let durability = file.durability
                try file.close()
                file = try DatabaseFile(configuration.directory, durability: durability)
                try journal.reopened(file)
            }
            try file.walCheckpoint(truncating: true)
            try file.writeProbe(clock.entryTime())
            // With a shared journal memory is ahead of the file, and stays: Redis has what the file lacks.
            if fleet == nil { rebuildMemory() }
            // There a memory that can't be used is mended by a checkpoint from Redis, which the file has to take.
            writer.probed(fleet == nil ? memoryFailure : nil, at: clock.monotonic())
        } catch {
            writer.probed(EngineError(wasFull ? .diskFull : .unavailable, "\(error)"), at: clock.monotonic())
        }
        shared.note(failure: writer.refusal ?? memoryFailure)
    }
}
