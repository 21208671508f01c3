import NIOCore
import Synchronization

extension LinkCore {
    /// Looks at the server: what the journal's stream is there.
    ///
    /// Who the server is is asked last: what a replica said before its promotion is what it has after it.
    func look(_ place: Place) {
        guard let links else { return }
        let id = place.cursor.streamID
        let commands = [
            RedisCommand("XINFO", "STREAM", keys.journal), RedisCommand("XRANGE", keys.journal, id, id),
            RedisCommand("XRANGE", keys.journal, "-", "+", "COUNT", "1"), RedisCommand("GET", keys.pointer),
            ServerIdentity.question,
        ]
        let sentAt = NIODeadline.now()
        ask(links.tail, commands, within: terms.look) { [self] replies in
            let micros = (NIODeadline.now() - sentAt).nanoseconds / 1_000
            board.status.withLock { $0.roundTripMicroseconds = micros }
            let identity = try ServerIdentity(replies[4])
            let found = try replies[1].rangeRecords().first
            let view = StreamView(
                server: identity.server, isPrimary: identity.isPrimary, top: try replies[0].streamTop(),
                first: try replies[2].rangeRecords().first?.cursor,
                atPlace: found.map { StreamEntryCoding.id(of: $0.payload) }, pointer: try replies[3].pointer())
            guard let next = step(.looked(view)) else { return }
            if identity.isPrimary, identity.server != links.server {
                // The other connections were verified with another server.
                drop(.notAPrimary("Redis at \(links.tail.address.place) is another server now"))
            } else {
                perform(next)
            }
        }
    }

    /// Reads what comes after an id; behind the read it asks whose server it was.
    func read(after id: Cursor, waits: Bool) {
        guard let links else { return }
        guard board.consumption.withLock({ $0.mayRead() }) else {
            pausedRead = (id, waits)
            return
        }
        let block = min(terms.block, tail.terms.look)
        var words = ["XREAD", "COUNT", String(sizing.count)]
        if waits { words += ["BLOCK", String(max(1, block))] }
        words += ["STREAMS", keys.journal, id.streamID]
        let deadline = (waits ? block : 0) + terms.readSlack
        ask(links.tail, [RedisCommand(words: words), ServerIdentity.question], within: deadline) { [self] replies in
            try took(try replies[0].readRecords(), from: try ServerIdentity(replies[1]))
        }
    }

    private func took(_ records: [StreamRecord], from identity: ServerIdentity) throws {
        batch.removeAll(keepingCapacity: true)
        batch.reserveCapacity(records.count)
        handedCount = 0
        var items: [TailStateMachine.Item] = []
        items.reserveCapacity(records.count)
        var fault: (cursor: Cursor, text: String)?
        for record in records {
            do throws(StreamEntryCoding.Fault) {
                let entry = try StreamEntryCoding.decode(record.payload ?? [])
                batch.append(ArrivedEntry(cursor: record.cursor, entry: entry))
                let opening = entry.kind == .open ? Opening(entry) : nil
                items.append(TailStateMachine.Item(place: Place(cursor: record.cursor, id: entry.id), opening: opening))
            } catch {
                fault = (record.cursor, error.description)
                break
            }
        }
        sizing.took(entries: records.count, bytes: records.reduce(0) { $0 + ($1.payload?.count ?? 0) })
        let expected = items.last?.place ?? tail.place
        let isTrusted = identity.isPrimary && identity.server == tail.server
        let read = TailStateMachine.Batch(entries: items, server: identity.server, isPrimary: identity.isPrimary)
        guard let next = step(.read(read)) else { return }
        if let fault, isTrusted, tail.place == expected {
            feed(.undecodable(fault.cursor, fault.text))
        } else if handedCount > 0, handedCount < ReadSizing.entriesBusy {
            performAfterTurn(next)
        } else {
            perform(next)
        }
    }

    /// Asks Redis for more once the engine has taken its turn and what came of it was sent, where all three share the loop:
    /// whoever waits for these few entries would wait for the question, too.
    private func performAfterTurn(_ next: TailStateMachine.Next) {
        let round = round
        let loop = loop.assumeIsolated()
        // The turn waits for the loop already; what it hands over waits behind the first of these two.
        loop.execute { [self] in
            loop.execute { [self] in
                if round == self.round, !isEnded { perform(next) }
            }
        }
    }

    /// Hands over the next entries of what was read.
    func hand(_ count: Int, isDelivered: Bool) {
        let end = min(batch.count, handedCount + count)
        let entries = handedCount == 0 && end == batch.count ? batch : Array(batch[handedCount..<end])
        handedCount = end
        guard let newest = entries.last else { return }
        var cost = 0
        for arrived in entries {
            cost += arrived.cost
            // Canaries, and what is appended again, are of other origins than the engine's.
            if arrived.entry.id.origin == tail.origin || pending.isFirst(arrived.entry.id) {
                ownArrived(arrived.entry.id)
            }
        }
        board.consumption.withLock { [cost] in $0.handed(cost) }
        receive(.entries(entries, isDelivered: isDelivered))
        let time = board.clock.withLock { $0?.time(at: Self.now) }
        let lag = time.map { max(0, $0.subtractingReportingOverflow(newest.entry.time).partialValue) }
        board.status.withLock { $0.lagMilliseconds = lag }
    }

    /// Some of what was handed over was consumed: reading may go on.
    func readOn() {
        guard let paused = pausedRead else { return }
        pausedRead = nil
        read(after: paused.after, waits: paused.waits)
    }

    /// Posts how far this node came, then reads what all have posted.
    func post(_ place: Place) {
        guard let links else { return }
        let key = keys.roll(of: tail.server)
        ask(links.tail, [RedisCommand("TIME")], within: terms.look) { [self] replies in
            let time = try replies[0].serverTime()
            let commands = [
                RedisCommand("HSET", key, String(tail.origin, radix: 16), "\(place) \(time)"),
                RedisCommand("PEXPIRE", key, String(terms.rollLife)), RedisCommand("HGETALL", key),
                RedisCommand("TIME"),
            ]
            ask(links.tail, commands, within: terms.look) { [self] replies in
                _ = try replies[0].checked()
                let posts = Self.posts(try replies[2].checked(), at: try replies[3].serverTime())
                let fresh = posts.filter { $0.age <= tail.terms.postAgeMax }.count
                board.status.withLock { $0.rollCallPosts = fresh }
                wantCheckpoint(behind: posts, place)
                feed(.posts(posts))
            }
        }
    }

    /// Who is behind another node, and can't read on, needs a checkpoint from there: the next one may be due in ten minutes.
    private func wantCheckpoint(behind posts: [RollPost], _ place: Place) {
        let isBehind = posts.contains { $0.age <= tail.terms.postAgeMax && $0.place.cursor > place.cursor }
        guard isBehind, let links else { return }
        let want = RedisCommand("SET", keys.checkpointWanted, "\(place)", "PX", String(tail.terms.postAgeMax))
        ask(links.commands, [want], within: terms.look) { replies in _ = try replies[0].checked() }
    }

    /// The posts in the reply of HGETALL; what is no post is nobody's.
    static func posts(_ reply: RESPReply, at time: Int64) -> [RollPost] {
        stride(from: 0, to: reply.count - 1, by: 2).compactMap { index in
            guard let origin = reply[index]?.text.flatMap({ UInt64($0, radix: 16) }),
                let parts = reply[index + 1]?.text?.split(separator: " "), parts.count == 2,
                let place = Place(String(parts[0])), let postedAt = Int64(parts[1])
            else { return nil }
            return RollPost(
                origin: origin, place: place, age: max(0, time.subtractingReportingOverflow(postedAt).partialValue))
        }
    }
}
