import Journal

/// Rows of the state that differ from the file.
struct DirtyRows: Sendable {
    var channels: Set<String> = []
    var sessions: Set<String> = []
    var buckets: Set<Int> = []
    var origins: Set<UInt64> = []
    var rooms: Set<String> = []
    var attempts: Set<String> = []
    /// Oldest first.
    var keys: [IdempotencyWindow.Key] = []
}

extension State {
    /// Takes what a checkpoint has to write, as a state of its own: another thread writes it while this one goes on.
    ///
    /// Until `flushed` or `flushFailed` the rows count as resident: what the file has of them is old.
    mutating func takeDirty() -> State {
        var part = State()
        (part.head, part.headID, part.chain, part.outcomeHash) = (head, headID, chain, outcomeHash)
        (part.journalTime, part.epochBase, part.epochSalt, part.idSecret) = (
            journalTime, epochBase, epochSalt, idSecret
        )
        for name in dirtyChannels { part.change(channel: name) { $0 = channels[name]?.withoutRecent } }
        for id in dirtySessions { part.change(session: id) { $0 = sessions[id] } }
        for bucket in dirtyBuckets { part.load(epoch: bucketEpochs[bucket], ofDirtyBucket: bucket) }
        part.idempotency = idempotency.unflushedPart
        part.origins = origins.dirtyPart
        part.rooms = rooms.dirtyPart
        flushing = DirtyRows(
            channels: dirtyChannels, sessions: dirtySessions, buckets: dirtyBuckets, origins: origins.dirty,
            rooms: rooms.dirtyRooms, attempts: rooms.dirtyAttempts, keys: idempotency.unflushed)
        markFlushed()
        return part
    }

    /// What was taken is in the file.
    mutating func flushed() { flushing = nil }

    /// What was taken is not in the file, or nobody knows: it is dirty again.
    mutating func flushFailed() {
        guard let rows = flushing else { return }
        flushing = nil
        markDirty(rows)
    }
}
