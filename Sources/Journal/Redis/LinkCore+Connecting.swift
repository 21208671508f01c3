import NIOCore
import Synchronization

extension LinkCore {
    /// Lets the connections go, and comes back after a while.
    func reconnect() {
        let links = links
        self.links = nil
        round += 1
        links?.close()
        var generator = SystemRandomNumberGenerator()
        after(.milliseconds(backoff.next(using: &generator))) { $0.connect() }
    }

    /// Everything that was asked is lost: the outcome of appends in flight is unknown.
    func drop(_ error: RedisError) {
        guard let links, !isEnded else { return }
        self.links = nil
        lastError = error
        round += 1
        pausedRead = nil
        sizing = ReadSizing()
        links.close()
        gate.disconnected()
        becomeCheckpointer(false)
        board.status.withLock { $0.lastProblem = error.description }
        failReaches(JournalError(.unavailable, error.description))
        isReaching = false
        isOffering = false
        isRenewing = false
        if isJoining { isDropPending = true } else { feed(.disconnected) }
    }

    /// Finds the primary and connects; begins anew until it succeeds.
    func connect() {
        guard !isEnded, links == nil else { return }
        let round = round
        var opening = configuration.opening
        opening.clientName = "anteroom"
        let usesNodes: Bool
        if case .cluster = configuration.target { usesNodes = true } else { usesNodes = false }
        let (loop, chosen) = (loop, opening)
        locator.locate(on: loop, opening, after: lastError)
            .flatMap { LinkConnections.open(at: $0, on: loop, chosen, usesNodes: usesNodes) }
            .assumeIsolated().whenComplete { [self] result in
                guard round == self.round, !isEnded else { return }
                switch result {
                case .success(let links): greet(links)
                case .failure(let error): couldNotConnect(RedisError(error))
                }
            }
    }

    private func couldNotConnect(_ error: RedisError) {
        lastError = error
        board.status.withLock { $0.lastProblem = error.description }
        let isFatal = isStarting && error.isFatalAtStart
        if isStarting { configuration.onStartProblem(error, isFatal) }
        if isFatal { end() } else { reconnect() }
    }

    /// The form of what lies under the prefix, and the clock, before anything else.
    private func greet(_ links: LinkConnections) {
        let round = round
        let sentAt = now
        let commands = [
            RedisCommand("SET", keys.meta, CheckpointPointer.form, "NX"), RedisCommand("GET", keys.meta),
            RedisCommand("TIME"),
        ]
        links.commands.ask(commands, within: terms.look) { [self] result in
            guard round == self.round, !isEnded else { return }
            do {
                let replies = try result.get()
                _ = try replies[0].checked()
                try keys.verify(form: try replies[1].checked().text ?? "")
                takeTime(try replies[2].serverTime(), sentAt: sentAt)
                begin(links)
            } catch {
                links.close()
                couldNotConnect(RedisError(error))
            }
        }
    }

    private func begin(_ links: LinkConnections) {
        self.links = links
        lastError = nil
        backoff.reset()
        let round = round
        for connection in links.all {
            connection.closeFuture.assumeIsolated().whenSuccess { [self] error in
                if round == self.round { drop(error) }
            }
        }
        board.status.withLock { status in
            status.server = links.append.address.place
            status.serverVersion = links.info.valkeyVersion ?? links.info.version
            status.warnings = Self.warnings(links.info)
        }
        listenToLane(links)
        drainLane()
        feed(.connected)
    }

    /// What Redis could be set up better for.
    static func warnings(_ info: RedisServerInfo) -> [String] {
        var warnings: [String] = []
        if let policy = info.evictionPolicy, policy != "noeviction" {
            warnings.append("Redis may evict the journal: its maxmemory-policy is \(policy), it should be noeviction")
        }
        if info.persistence == .none {
            warnings.append("Redis keeps nothing over its restart: neither appendonly nor save is set")
        }
        return warnings
    }

    /// Takes an answer of the server's clock.
    func takeTime(_ time: Int64, sentAt: Int64) {
        let receivedAt = now
        let hasJumped = board.clock.withLock { clock in
            if clock == nil {
                clock = ServerClock(server: time, sentAt: sentAt, receivedAt: receivedAt)
            } else {
                clock?.take(server: time, sentAt: sentAt, receivedAt: receivedAt)
            }
            return clock?.hasJumped ?? false
        }
        board.status.withLock { $0.hasClockJumped = hasJumped }
    }
}
