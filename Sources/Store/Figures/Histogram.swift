/// How often values were at most each of some bounds.
///
/// - Bounds: the bounds are fixed when it is made; a value above all of them counts in a place of its own.
public struct Histogram: Sendable, Equatable {
    /// Upper bounds, ascending; a value that equals one counts below it.
    public let bounds: [Double]
    /// How many values were in each place: one for each bound, and one for what is above all.
    public private(set) var counts: [UInt64]
    /// The sum of all values.
    public private(set) var sum = 0.0

    /// A histogram without values.
    public init(bounds: [Double]) {
        self.bounds = bounds
        counts = Array(repeating: 0, count: bounds.count + 1)
    }

    /// How many values there were.
    public var count: UInt64 { counts.reduce(0, &+) }

    /// Takes a value.
    public mutating func record(_ value: Double) {
        counts[bounds.firstIndex { value <= $0 } ?? bounds.count] &+= 1
        sum += value
    }

    /// Takes all values of a histogram with the same bounds; another one's are left out.
    public mutating func add(_ other: Histogram) {
        guard other.bounds == bounds else { return }
        for index in counts.indices { counts[index] &+= other.counts[index] }
        sum += other.sum
    }

    /// Bounds for what takes microseconds to seconds. Units: seconds.
    public static let secondsBounds: [Double] = [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
    ]
    /// Bounds for how many things go together.
    public static let sizeBounds: [Double] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 4_096]
}
