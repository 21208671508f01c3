/// How long to wait before trying again: exponential, with full jitter, so that many nodes don't come back at once.
///
/// - Units: milliseconds.
/// - Bounds: never below `millisecondsMin`, never above `millisecondsMax`.
public struct Backoff: Sendable, Equatable {
    /// The shortest wait.
    public static let millisecondsMin: Int64 = 50
    /// The longest wait.
    public static let millisecondsMax: Int64 = 2_000

    /// Tries since the last success.
    public private(set) var attempts = 0

    /// Before the first try.
    public init() {}

    /// The wait before the next try, drawn evenly below a bound that doubles with every try.
    public mutating func next(using generator: inout some RandomNumberGenerator) -> Int64 {
        // Six doublings pass the longest wait.
        let bound = min(Self.millisecondsMax, (2 * Self.millisecondsMin) << Int64(min(attempts, 6)))
        attempts = min(attempts + 1, 1_000_000)
        return Int64.random(in: Self.millisecondsMin...bound, using: &generator)
    }

    /// A try succeeded.
    public mutating func reset() { attempts = 0 }
}
