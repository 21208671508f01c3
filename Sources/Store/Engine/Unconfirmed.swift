/// Writes whose entry came back, until enough replicas have it.
struct Unconfirmed {
    private var confirmed: UInt64 = 0
    private var waiting: [UInt64: (EngineError?) -> Void] = [:]

    /// True while nobody waits.
    var isEmpty: Bool { waiting.isEmpty }

    /// True when an entry must wait.
    func holds(_ counter: UInt64) -> Bool { counter > confirmed }

    mutating func add(_ counter: UInt64, _ settle: @escaping (EngineError?) -> Void) { waiting[counter] = settle }

    mutating func take(_ counter: UInt64) -> ((EngineError?) -> Void)? { waiting.removeValue(forKey: counter) }

    mutating func confirmed(upTo counter: UInt64) -> [(EngineError?) -> Void] {
        confirmed = max(confirmed, counter)
        let due = waiting.keys.filter { $0 <= counter }.sorted()
        return due.compactMap { take($0) }
    }

    mutating func takeAll() -> [(EngineError?) -> Void] {
        defer { waiting = [:] }
        return waiting.sorted { $0.key < $1.key }.map(\.value)
    }
}
