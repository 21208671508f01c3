import NIOCore

/// The connections of one node to the primary, all opened and verified together, all closed together.
///
/// Reads block, WAIT blocks, and a subscription takes its connection over: so each has its own.
struct LinkConnections: Sendable {
    /// XADD and WAIT, nothing else.
    let append: RedisConnection
    /// Looks, reads and posts.
    let tail: RedisConnection
    /// Leases, the clock, messages to the lane, chunks, questions for the top.
    let commands: RedisConnection
    /// The subscription to the lane.
    let lane: RedisConnection
    /// What the server says about itself.
    let info: RedisServerInfo

    /// The server's `master_replid` when they were opened.
    var server: String { info.replicationID }
    var all: [RedisConnection] { [append, tail, commands, lane] }

    func close() { for connection in all { connection.close() } }

    /// Opens them, and makes sure that all reached the same primary.
    ///
    /// Errors: every failure is a `RedisError`.
    static func open(
        at address: RedisAddress, on loop: any EventLoop, _ opening: RedisOpening, usesNodes: Bool
    ) -> EventLoopFuture<LinkConnections> {
        let names = ["append", "tail", "commands", "lane"]
        let opened = names.map { name in
            var opening = opening
            opening.clientName += "-" + name
            return RedisConnection.open(address, on: loop, opening)
        }
        return EventLoopFuture.whenAllSucceed(opened, on: loop).flatMap { connections in
            let info = RedisServerInfo.read(on: connections[2], deadline: opening.deadline).flatMapThrowing { info in
                try info.verify(usesNodes: usesNodes)
                return info
            }
            let identities = connections.map { $0.send(ServerIdentity.question, deadline: opening.deadline) }
            return info.and(EventLoopFuture.whenAllSucceed(identities, on: loop)).flatMapThrowing { info, replies in
                for reply in replies {
                    let identity = try ServerIdentity(reply)
                    guard identity.isPrimary, identity.server == info.replicationID else {
                        throw RedisError.notAPrimary("the connections to Redis at \(address.place) reached two servers")
                    }
                }
                return LinkConnections(
                    append: connections[0], tail: connections[1], commands: connections[2], lane: connections[3],
                    info: info)
            }
        }
    }
}

extension RedisConnection {
    /// Sends commands with one flush and takes their replies together; on the loop.
    func ask(
        _ commands: [RedisCommand], within milliseconds: Int64,
        _ done: @escaping (Result<[RESPReply], RedisError>) -> Void
    ) {
        var replies: [RESPReply] = []
        replies.reserveCapacity(commands.count)
        var hasFailed = false
        let count = commands.count
        sendOnLoop(commands, deadline: .milliseconds(milliseconds)) { result in
            switch result {
            case .success(let reply):
                replies.append(reply)
                if replies.count == count { done(.success(replies)) }
            case .failure(let error):
                guard !hasFailed else { return }
                hasFailed = true
                done(.failure(error))
            }
        }
    }
}

extension RedisError {
    /// True when the server behind the connections is not, or not now, the one to talk to.
    var meansAnotherServer: Bool {
        switch serverKind {
        case .readOnly, .loading, .moved, .ask, .unblocked, .primaryDown, .clusterDown, .noAuthentication: true
        default: false
        }
    }

    /// True when waiting doesn't mend it.
    var isFatalAtStart: Bool {
        switch self {
        case .badAddress, .authentication, .unsupportedVersion, .clusterWithoutFlag, .noCluster: true
        case .server(let error): error.kind == .noPermission
        default: false
        }
    }
}
