import Dispatch
import Journal
import Synchronization
import TestSupport

/// Lanes that join nodes of one process: messages arrive later, in order, on a thread of the receiver's own.
final class LoopbackLanes: Sendable {
    private typealias Receiver = @Sendable (UInt64, [UInt8]) -> Void

    private struct Node {
        var receiver: Receiver?
        let queue: DispatchQueue
    }

    private struct State {
        var nodes: [UInt64: Node] = [:]
        var members: Set<UInt64> = []
        var sent: [[UInt8]] = []
    }

    private let state = Mutex(State())
    /// True while nothing that is sent arrives.
    let isLosing = Box(false)

    /// The lane of a node; it is a member from now on.
    func lane(_ origin: UInt64) -> any FleetLane {
        state.withLock { state in
            state.nodes[origin] = Node(queue: DispatchQueue(label: "lane-\(origin)"))
            state.members.insert(origin)
        }
        return Lane(lanes: self, origin: origin)
    }

    /// A member without a node behind it: lives, and never answers.
    func addSilentMember(_ origin: UInt64) { state.withLock { _ = $0.members.insert(origin) } }

    /// The node's lease lapsed.
    func leave(_ origin: UInt64) { state.withLock { _ = $0.members.remove(origin) } }

    /// The node's lease is there again.
    func comeBack(_ origin: UInt64) { state.withLock { _ = $0.members.insert(origin) } }

    /// Everything that was sent by anybody.
    var sent: [[UInt8]] { state.withLock { $0.sent } }

    /// Brings bytes to every node but the sender's.
    func send(_ message: [UInt8], from sender: UInt64) {
        let receivers: [(Receiver?, DispatchQueue)] = state.withLock { state in
            state.sent.append(message)
            guard !isLosing.value else { return [] }
            return state.nodes.filter { $0.key != sender }.values.map { ($0.receiver, $0.queue) }
        }
        for (receiver, queue) in receivers { queue.async { receiver?(sender, message) } }
    }

    private struct Lane: FleetLane {
        let lanes: LoopbackLanes
        let origin: UInt64

        var members: Set<UInt64> { lanes.state.withLock { $0.members } }

        func send(_ message: [UInt8]) { lanes.send(message, from: origin) }

        func receive(_ receiver: @escaping @Sendable (UInt64, [UInt8]) -> Void) {
            lanes.state.withLock { $0.nodes[origin]?.receiver = receiver }
        }
    }
}
