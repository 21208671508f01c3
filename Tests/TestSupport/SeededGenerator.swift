/// SplitMix64: the same numbers for the same seed on every machine.
package struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    /// Starts the sequence of a seed.
    package init(seed: UInt64) { state = seed }

    /// The next 64 bits.
    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to a bound.
    package mutating func index(below bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }

    /// One of some choices, of which there must be at least one.
    package mutating func pick<T>(_ choices: [T]) -> T { choices[index(below: choices.count)] }

    /// True once in so many draws.
    package mutating func happens(oneIn chances: Int) -> Bool { index(below: chances) == 0 }

    /// Any text: plain words, control bytes, quotes, several scripts.
    package mutating func text(upTo count: Int) -> String {
        let alphabet = Array("ab z09-_.:/\"\\\u{0}\u{1}\n\téß漢字🙂\u{2028}")
        return String((0..<index(below: count + 1)).map { _ in pick(alphabet) })
    }
}
