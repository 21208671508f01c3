import Store

/// Over what somebody is connected.
enum Surface: String, Sendable, CaseIterable {
    case client
    case waiting
    case plain
    case events
}

/// What was counted on one event loop since the start.
///
/// - Isolation: its event loop; what is asked for elsewhere is a copy.
struct LoopTally: Sendable {
    /// A code of the catalogues, and where it was used.
    struct Code: Hashable, Sendable {
        let surface: Surface
        let number: Int
    }

    /// Publications times their subscribers here.
    var deliveries = 0
    /// Error replies to commands.
    private(set) var errors: [Code: Int] = [:]
    /// Connections that this side closed.
    private(set) var closes: [Code: Int] = [:]
    /// How much later than asked for the event loop did what it was asked for. Units: seconds.
    var lag = Histogram(bounds: Histogram.secondsBounds)

    mutating func failed(_ number: Int, on surface: Surface) {
        errors[Code(surface: surface, number: number), default: 0] += 1
    }

    mutating func closed(_ number: Int, on surface: Surface) {
        closes[Code(surface: surface, number: number), default: 0] += 1
    }

    /// Takes what another event loop counted.
    mutating func add(_ other: LoopTally) {
        deliveries += other.deliveries
        errors.merge(other.errors, uniquingKeysWith: +)
        closes.merge(other.closes, uniquingKeysWith: +)
        lag.add(other.lag)
    }
}
