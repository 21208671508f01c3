/// Decides when appends may go out while each batch has to be confirmed by replicas.
///
/// A batch goes out only when the one before it was confirmed, so that after a failed WAIT nothing follows until a probe
/// WAIT found the replicas again.
///
/// - Source: DESIGN section 2, rule 11.
public struct ReplicationGate: Sendable, Equatable {
    /// What is being waited for.
    public enum Phase: String, Sendable, Equatable {
        case ready
        /// A batch is out.
        case waiting
        /// The replicas didn't confirm in time; nobody asks at the moment.
        case refusing
        /// The same, and a probe is out.
        case probing
    }

    /// What to do with appends that want to go out.
    public enum Decision: Sendable, Equatable {
        case send, hold, refuse
    }

    /// How many replicas have to confirm; 0 for none.
    public let replicas: Int
    /// What is being waited for.
    public private(set) var phase = Phase.ready

    /// A gate that is open.
    public init(replicas: Int) { self.replicas = replicas }

    /// True while replicas are missing.
    public var isNotReplicated: Bool { phase == .refusing || phase == .probing }

    /// What to do with a batch.
    public var decision: Decision {
        switch phase {
        case .ready: .send
        case .waiting: .hold
        case .refusing, .probing: .refuse
        }
    }

    /// A batch went out with a WAIT behind it.
    public mutating func sent() { if replicas > 0, phase == .ready { phase = .waiting } }

    /// A WAIT was answered, nil when it failed; true when the batch before it is confirmed.
    public mutating func answered(_ confirmed: Int64?) -> Bool {
        let isEnough = confirmed.map { $0 >= Int64(replicas) } ?? false
        phase = isEnough ? .ready : .refusing
        return isEnough
    }

    /// True when a probe is to be sent now.
    public mutating func wantsProbe() -> Bool {
        guard phase == .refusing else { return false }
        phase = .probing
        return true
    }

    /// The connection is gone; whether the replicas follow the next server is asked anew.
    public mutating func disconnected() { phase = isNotReplicated ? .refusing : .ready }
}
