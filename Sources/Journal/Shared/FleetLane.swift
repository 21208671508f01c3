/// Fire-and-forget messages between the nodes of a fleet, beside the journal.
///
/// What travels here may be lost and is never replayed: ephemeral publications, orders about connections, questions that
/// are asked again when nobody answers.
///
/// - Guarantee: what one sender's messages bring arrives in the order in which they were sent, each at most once.
public protocol FleetLane: Sendable {
    /// This node, as the others name it.
    var origin: UInt64 { get }
    /// Origins of all nodes that live, this one included.
    var members: Set<UInt64> { get }
    /// Sends to every other node; lost silently when Redis is away (bounded queue, oldest dropped).
    func send(_ message: [UInt8])
    /// What the others sent; called on any thread, one call at a time, must only enqueue.
    func receive(_ receiver: @escaping @Sendable (_ sender: UInt64, _ message: [UInt8]) -> Void)
}
