import NIOCore

/// Replaces the pointer by compare-and-set, on a connection of its own: another command's EXEC would end its WATCH.
enum PointerExchange {
    /// What was read under WATCH.
    struct Found {
        let identity: ServerIdentity
        let top: Cursor?
        let pointer: CheckpointPointer?
        /// The checkpoint before it.
        let previous: CheckpointPointer?
        /// The server's clock.
        let time: Int64
    }

    /// What to do in one transaction.
    struct Plan {
        var commands: [RedisCommand]
        /// Looks at the reply of each command: EXEC is not all-or-nothing.
        var verify: ([RESPReply]) throws -> Void
    }

    /// Reads, lets `decide` look, and carries its plan out unless a watched key was touched in between.
    ///
    /// - Parameters:
    ///   - keys: what else is watched beside the pointer.
    ///   - decide: nil gives up.
    ///   - done: true when the plan was carried out; called on the loop. A failure means that it can't be known.
    static func run(
        at address: RedisAddress, on loop: any EventLoop, _ opening: RedisOpening, keys: StreamKeys,
        watchesJournal: Bool, within milliseconds: Int64, decide: @escaping (Found) throws -> Plan?,
        done: @escaping (Result<Bool, RedisError>) -> Void
    ) {
        var opening = opening
        opening.clientName += "-exchange"
        let watched = [keys.pointer] + (watchesJournal ? [keys.journal] : [])
        let questions = [
            RedisCommand(words: ["WATCH"] + watched), ServerIdentity.question,
            RedisCommand("XINFO", "STREAM", keys.journal), RedisCommand("GET", keys.pointer),
            RedisCommand("GET", keys.previousPointer), RedisCommand("TIME"),
        ]
        RedisConnection.open(address, on: loop, opening).assumeIsolated().whenComplete { result in
            guard case .success(let connection) = result else {
                if case .failure(let error) = result { done(.failure(RedisError(error))) }
                return
            }
            func finish(_ result: Result<Bool, RedisError>) {
                connection.close()
                done(result)
            }
            connection.ask(questions, within: milliseconds) { result in
                do {
                    guard let plan = try decide(found(try result.get())) else { return finish(.success(false)) }
                    exchange(plan, on: connection, within: milliseconds, finish)
                } catch {
                    finish(.failure(RedisError(error)))
                }
            }
        }
    }

    private static func found(_ replies: [RESPReply]) throws -> Found {
        _ = try replies[0].checked()
        return Found(
            identity: try ServerIdentity(replies[1]), top: try replies[2].streamTop(),
            pointer: try replies[3].pointer(), previous: try replies[4].pointer(), time: try replies[5].serverTime())
    }

    private static func exchange(
        _ plan: Plan, on connection: RedisConnection, within milliseconds: Int64,
        _ finish: @escaping (Result<Bool, RedisError>) -> Void
    ) {
        let commands = [RedisCommand("MULTI")] + plan.commands + [RedisCommand("EXEC")]
        connection.ask(commands, within: milliseconds) { result in
            do {
                let replies = try result.get()
                for reply in replies.dropLast() { _ = try reply.checked() }
                guard let last = try replies.last?.checked(), !last.isNull else { return finish(.success(false)) }
                guard last.count == plan.commands.count else {
                    throw RedisError.protocolViolation("EXEC replied with another number of results than of commands")
                }
                let results = (0..<last.count).compactMap { last[$0] }
                for result in results { _ = try result.checked() }
                try plan.verify(results)
                finish(.success(true))
            } catch {
                finish(.failure(RedisError(error)))
            }
        }
    }
}

extension StreamKeys {
    /// The commands that make a checkpoint the newest one, and keep the one before it.
    func replacing(_ old: CheckpointPointer?, by new: CheckpointPointer) -> [RedisCommand] {
        var commands = [RedisCommand("SET", pointer, new.text)]
        if let old { commands.append(RedisCommand("SET", previousPointer, old.text)) }
        if new.chunks > 0 { commands.append(RedisCommand("PERSIST", checkpoint(of: new))) }
        return commands
    }

    /// The chunks that a pointer names.
    func checkpoint(of pointer: CheckpointPointer) -> String {
        checkpoint(at: pointer.place.cursor, nonce: pointer.nonce)
    }

    /// The commands that read its next chunks, as many as may be on their way at once.
    func reading(_ pointer: CheckpointPointer, from first: Int) -> [RedisCommand] {
        let (key, end) = (checkpoint(of: pointer), min(pointer.chunks, first + CheckpointLimits.chunksInFlight))
        return (first..<end).map { RedisCommand("HGET", key, String($0)) }
    }

    /// Refuses what another release keeps under the prefix.
    ///
    /// Errors: `unsupportedVersion`.
    func verify(form: String) throws(RedisError) {
        guard form != CheckpointPointer.form else { return }
        throw .unsupportedVersion("what lies in Redis under \(base) has the form \(form); this release knows form 1")
    }
}
