import Migrations
import NIOCore
import Synchronization

/// Chunks that lie in Redis and that no pointer names yet: they go by themselves.
struct StoredChunks {
    let nonce: UInt64
    let checksum: UInt64
}

extension CheckpointContent {
    /// Over the chunks and their number.
    var checksum: UInt64 {
        var sum = RowChecksum()
        sum.combine(UInt64(chunks.count))
        for chunk in chunks { sum.combine(chunk) }
        return sum.result
    }
}

extension LinkCore {
    /// Writes a checkpoint's chunks, some at a time, under a name that nobody else has.
    func write(_ content: CheckpointContent, _ then: @escaping (LinkCore, StoredChunks) -> Void) {
        let stored = StoredChunks(nonce: .random(in: 1 ... .max), checksum: content.checksum)
        write(content, stored, from: 0) { then($0, stored) }
    }

    private func write(
        _ content: CheckpointContent, _ stored: StoredChunks, from start: Int, _ then: @escaping (LinkCore) -> Void
    ) {
        guard start < content.chunks.count, let links else { return then(self) }
        let key = keys.checkpoint(at: content.place.cursor, nonce: stored.nonce)
        let end = min(content.chunks.count, start + CheckpointLimits.chunksInFlight)
        var commands = (start..<end).map { index in
            RedisCommand("HSET", key, String(index)).appending(content.chunks[index])
        }
        commands.append(RedisCommand("PEXPIRE", key, String(terms.chunkLife)))
        ask(links.commands, commands, within: terms.chunk) { [self] replies in
            for reply in replies { _ = try reply.checked() }
            write(content, stored, from: end, then)
        }
    }

    /// Offers the state as the newest checkpoint, and trims what nobody needs any more.
    func offer(_ content: CheckpointContent, _ done: @escaping @Sendable (Result<Void, JournalError>) -> Void) {
        func refuse(_ text: String) { done(.failure(JournalError(.unavailable, text))) }
        guard links != nil, tail.isLive, !isOffering else { return refuse("no checkpoint is taken at the moment") }
        guard content.chunks.count <= CheckpointLimits.chunksMax else {
            return refuse("the checkpoint has \(content.chunks.count) chunks, at most \(CheckpointLimits.chunksMax)")
        }
        isOffering = true
        let round = round
        // Whatever ends the connections in between ends the offer: somebody must say so.
        let end = links?.commands.closeFuture
        let outcome = SharedOutcome(done)
        end?.whenSuccess { outcome.give(.failure(JournalError(.outcomeUnknown, $0.description))) }
        write(content) { core, stored in
            guard round == core.round, let links = core.links else { return }
            var replaced: PointerExchange.Found?
            core.exchange(links, watchesJournal: false) { [core] found in
                replaced = found
                return core.offerPlan(of: content, stored, found)
            } done: { core, result in
                core.isOffering = false
                switch result {
                case .success(true):
                    core.expire(replaced?.previous, but: replaced?.pointer)
                    outcome.give(.success(()))
                case .success(false):
                    outcome.give(
                        .failure(JournalError(.unavailable, "another checkpoint is as new, or a lineage began")))
                case .failure(let error):
                    outcome.give(.failure(JournalError(.outcomeUnknown, error.description)))
                }
            }
        }
    }

    /// Only the pointer is watched: every opening sets it, too, and under load the stream is touched all the time.
    private func offerPlan(
        of content: CheckpointContent, _ stored: StoredChunks, _ found: PointerExchange.Found
    ) -> PointerExchange.Plan? {
        guard found.identity.isPrimary, found.identity.server == tail.server, tail.isLive, let top = found.top,
            let newest = content.chain.newest?.lineage, top.lineage == newest,
            content.place.cursor.lineage == newest, content.place.cursor <= top
        else { return nil }
        let pointer = CheckpointPointer(
            place: content.place, readsAfter: content.place.cursor, chain: content.chain, nonce: stored.nonce,
            chunks: content.chunks.count, checksum: stored.checksum, retainedFrom: content.retainedFrom)
        var commands = keys.replacing(found.pointer, by: pointer)
        if let old = found.pointer {
            guard old.place.cursor <= content.place.cursor else { return nil }
            // What the older of the two checkpoints still needs stays, the entry at its place among it.
            let kept = min(old.retainedFrom, old.place.cursor, content.place.cursor)
            commands.append(RedisCommand("XTRIM", keys.journal, "MINID", "~", kept.streamID))
        }
        return PointerExchange.Plan(commands: commands) { results in
            guard results.first?.isOK == true else {
                throw RedisError.protocolViolation("SET replied with something else than OK")
            }
        }
    }

    /// Two checkpoints are kept; older chunks go after a while, so that who reads them now can finish.
    private func expire(_ older: CheckpointPointer?, but kept: CheckpointPointer?) {
        guard let older, older.chunks > 0, older.nonce != kept?.nonce, let links else { return }
        let command = RedisCommand("PEXPIRE", keys.checkpoint(of: older), String(terms.chunkLife))
        ask(links.commands, [command], within: terms.look) { replies in _ = try replies[0].checked() }
    }

    /// Reads the checkpoint that a pointer names, and hands it to the engine.
    func join(_ pointer: CheckpointPointer, hasSurplus: Bool) {
        read(pointer, chunks: []) { core, chunks in
            var content = CheckpointContent(
                place: pointer.place, chain: pointer.chain, retainedFrom: pointer.retainedFrom, chunks: chunks)
            guard content.checksum == pointer.checksum else { return core.feed(.joinFailed) }
            core.readRetained(of: pointer, newest: []) { core, retained in
                content.retained = retained
                core.replaceState(by: content, pointer, hasSurplus: hasSurplus)
            }
        }
    }

    private func read(
        _ pointer: CheckpointPointer, chunks: [[UInt8]], _ then: @escaping (LinkCore, [[UInt8]]) -> Void
    ) {
        guard chunks.count < pointer.chunks, let links else { return then(self, chunks) }
        let commands = keys.reading(pointer, from: chunks.count)
        ask(links.commands, commands, within: terms.chunk) { [self] replies in
            var chunks = chunks
            for reply in replies {
                guard reply.kind == .string, let bytes = reply.bytes else { return feed(.joinFailed) }
                chunks.append(bytes)
            }
            read(pointer, chunks: chunks, then)
        }
    }

    /// Reads the publications before a checkpoint, the newest first, as far as they are wanted, there, and not too many.
    private func readRetained(
        of pointer: CheckpointPointer, newest: [ArrivedEntry], bytes: Int = 0, from cursor: Cursor? = nil,
        _ then: @escaping (LinkCore, [ArrivedEntry]) -> Void
    ) {
        guard let links, pointer.retainedFrom <= pointer.place.cursor, pointer.place != .start else {
            return then(self, newest.reversed())
        }
        let from = cursor.map { "(" + $0.streamID } ?? pointer.place.cursor.streamID
        let page = min(CheckpointLimits.retainedPage, sizing.count)
        let command = RedisCommand(
            "XREVRANGE", keys.journal, from, pointer.retainedFrom.streamID, "COUNT", String(page))
        ask(links.commands, [command], within: terms.chunk) { [self] replies in
            let records = try replies[0].rangeRecords()
            var (newest, bytes) = (newest, bytes)
            for record in records {
                bytes += record.payload?.count ?? 0
                guard bytes <= CheckpointLimits.retainedBytesMax,
                    // What can't be read is as good as trimmed: the windows before it are not taken over.
                    let entry = try? StreamEntryCoding.decode(record.payload ?? [])
                else { return then(self, newest.reversed()) }
                newest.append(ArrivedEntry(cursor: record.cursor, entry: entry))
            }
            guard records.count == page, let last = records.last else { return then(self, newest.reversed()) }
            readRetained(of: pointer, newest: newest, bytes: bytes, from: last.cursor, then)
        }
    }

    /// From here to the engine's answer the machine takes nothing else: it must learn where the state is now.
    private func replaceState(by content: CheckpointContent, _ pointer: CheckpointPointer, hasSurplus: Bool) {
        isJoining = true
        let answer = onLoop(evenLater: true) {
            (core, result: Result<(place: Place, chain: LineageChain), JournalError>) in
            guard core.isJoining else { return }
            core.isJoining = false
            let event: TailStateMachine.Event
            switch result {
            case .success(let state):
                core.interruption = nil
                event = .joined(state.place, state.chain, pointer)
            case .failure(let error) where error.code == .corrupt: event = .joinFailed
            case .failure:
                // This node's file took no checkpoint; that says nothing about the checkpoint.
                guard core.isDropPending else {
                    return core.after(.milliseconds(core.tail.terms.look)) { $0.feed(.paused) }
                }
                core.isDropPending = false
                return core.feed(.disconnected)
            }
            guard let next = core.step(event) else { return }
            guard core.isDropPending else { return core.perform(next) }
            core.isDropPending = false
            core.feed(.disconnected)
        }
        receive(.join(content, hasSurplus: hasSurplus, answer))
    }
}

/// Tells an outcome once, whoever knows it first.
final class SharedOutcome: Sendable {
    private let done: @Sendable (Result<Void, JournalError>) -> Void
    private let isGiven = Mutex(false)

    init(_ done: @escaping @Sendable (Result<Void, JournalError>) -> Void) { self.done = done }

    func give(_ result: Result<Void, JournalError>) {
        let isFirst = isGiven.withLock { given in
            defer { given = true }
            return !given
        }
        if isFirst { done(result) }
    }
}
