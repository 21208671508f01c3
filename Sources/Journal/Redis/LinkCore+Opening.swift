import NIOCore
import Synchronization

extension LinkCore {
    /// Opens a lineage: the state goes to Redis first, then opening and pointer in one compare-and-set.
    func open(_ plan: OpeningPlan) {
        if plan.parent == .start {
            let nothing = CheckpointContent(place: .start, chain: plan.chain, retainedFrom: .start, chunks: [])
            return write(nothing) { core, stored in core.open(plan, with: nothing, stored) }
        }
        var isAnswered = false
        let answer = onLoop { (core, result: Result<CheckpointContent, JournalError>) in
            guard !isAnswered else { return }
            isAnswered = true
            guard case .success(let content) = result, content.place == plan.parent else {
                return core.feed(.opened(nil))
            }
            core.write(content) { core, stored in core.open(plan, with: content, stored) }
        }
        receive(.checkpointWanted(answer))
        after(.milliseconds(terms.checkpoint)) { core in
            guard !isAnswered else { return }
            isAnswered = true
            core.feed(.opened(nil))
        }
    }

    private func open(_ plan: OpeningPlan, with content: CheckpointContent, _ stored: StoredChunks) {
        guard let links else { return }
        var opened: Cursor?
        let finish: (LinkCore, Result<Bool, RedisError>) -> Void = { core, result in
            if case .failure(let error) = result {
                core.board.status.withLock { $0.lastProblem = error.description }
            }
            // An unknown outcome is found out by the look that follows.
            core.feed(.opened((try? result.get()) == true ? opened : nil))
        }
        exchange(links, watchesJournal: true) { [self] found in
            guard found.identity.isPrimary, found.identity.server == plan.server, found.top == plan.expectedTop,
                found.pointer?.nonce == plan.expectedPointer
            else { return nil }
            let cursor = Cursor(
                lineage: plan.lineage(time: found.time, random: .random(in: .min ... .max)), sequence: 0)
            opened = cursor
            return exchangePlan(of: plan, at: cursor, with: content, stored, found)
        } done: { core, result in
            finish(core, result)
        }
    }

    private func exchangePlan(
        of plan: OpeningPlan, at cursor: Cursor, with content: CheckpointContent, _ stored: StoredChunks,
        _ found: PointerExchange.Found
    ) -> PointerExchange.Plan {
        let opening = Opening.drawn(parent: plan.parent, server: plan.server, keepsEpochs: plan.keepsEpochs)
        var header = EntryHeader()
        header.reason = plan.expectedTop == nil ? Opening.seedReason : "recount"
        let entry = Entry(
            id: EntryID(origin: .random(in: 1 ... .max), counter: 1), time: found.time, channel: "", kind: .open,
            header: header,
            body: opening.body)
        var chain = plan.chain
        chain.append(opening.link(at: cursor))
        let pointer = CheckpointPointer(
            place: content.place, readsAfter: cursor.justBefore, chain: chain, nonce: stored.nonce,
            chunks: content.chunks.count, checksum: stored.checksum, retainedFrom: content.retainedFrom)
        let addition = RedisCommand("XADD", keys.journal, cursor.streamID, "e")
            .appending(StreamEntryCoding.encode(entry))
        return PointerExchange.Plan(commands: [addition] + keys.replacing(found.pointer, by: pointer)) { results in
            guard try results.first?.addedCursor() == cursor else {
                throw RedisError.protocolViolation("XADD gave an opening another id")
            }
        }
    }

    /// Runs an exchange; what comes of it is told unless the connections were lost in between.
    func exchange(
        _ links: LinkConnections, watchesJournal: Bool,
        decide: @escaping (PointerExchange.Found) throws -> PointerExchange.Plan?,
        done: @escaping (LinkCore, Result<Bool, RedisError>) -> Void
    ) {
        let round = round
        PointerExchange.run(
            at: links.tail.address, on: loop, configuration.opening, keys: keys, watchesJournal: watchesJournal,
            within: terms.look, decide: decide
        ) { [self] result in
            if round == self.round, !isEnded { done(self, result) }
        }
    }
}
