import NIOCore
import Synchronization

extension LinkCore {
    private static let originBytes = 8

    /// Takes what the other nodes send.
    func listenToLane(_ links: LinkConnections) {
        let round = round
        let (board, own) = (board, tail.origin)
        let channel = Array(keys.lane.utf8)
        links.lane.subscribe(to: [channel], deadline: .milliseconds(terms.look)) { push in
            guard case .message(_, let payload) = push, payload.count >= Self.originBytes else { return }
            let origin = payload.prefix(Self.originBytes).reversed().reduce(0) { $0 << 8 | UInt64($1) }
            guard origin != own, let receiver = board.receiver.withLock({ $0 }) else { return }
            receiver(origin, Array(payload.dropFirst(Self.originBytes)))
        }
        .assumeIsolated().whenFailure { [self] error in
            if round == self.round { drop(RedisError(error)) }
        }
    }

    /// Sends the messages that wait, with one flush; what Redis can't take now is lost.
    func drainLane() {
        guard let links, !isEnded else { return }
        let messages = board.lane.withLock { $0.take() }
        guard !messages.isEmpty else { return }
        let sender = (0..<Self.originBytes).map { UInt8(truncatingIfNeeded: tail.origin >> (8 * UInt64($0))) }
        let commands = messages.map { message in
            var command = RedisCommand(reservingBytes: message.count + 128, words: 3)
            command.append("SPUBLISH")
            command.append(keys.lane)
            command.append(sender + message)
            return command
        }
        let round = round
        links.commands.sendOnLoop(commands, deadline: .milliseconds(terms.look)) { [self] result in
            guard round == self.round, !isEnded else { return }
            do throws(RedisError) {
                if let error = try result.get().serverError, RedisError.server(error).meansAnotherServer {
                    throw .server(error)
                }
            } catch {
                if case .busy = error { return }
                drop(error)
            }
        }
    }
}

/// The lane between the nodes over Redis's sharded channels.
public struct SharedLane: FleetLane {
    let board: SharedBoard
    let wake: @Sendable () -> Void
    /// This node.
    public let origin: UInt64

    /// Origins of all nodes that live, this one included.
    public var members: Set<UInt64> { board.status.withLock { $0.members }.union([origin]) }

    /// Sends to every other node; while Redis is away the newest messages wait, the older are lost.
    public func send(_ message: [UInt8]) {
        if board.lane.withLock({ $0.add(message) }) { wake() }
    }

    /// Sets who takes what the others send, instead of the one before; called on the link's loop.
    public func receive(_ receiver: @escaping @Sendable (_ sender: UInt64, _ message: [UInt8]) -> Void) {
        board.receiver.withLock { $0 = receiver }
    }
}
