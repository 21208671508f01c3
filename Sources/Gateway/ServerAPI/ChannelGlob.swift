/// A pattern of channel names: `*`, `?`, `[abc]`, `[!a-z]`, `{one,two}`, and `\` before a character that means itself.
///
/// - Guarantee: matching takes steps in proportion to pattern times name, whatever the pattern.
/// - Bounds: ``patternBytesMax`` bytes; braces nest ``depthMax`` deep.
/// - Source: gobwas/glob, as Centrifugo uses it, without separators.
struct ChannelGlob: Sendable {
    static let patternBytesMax = 255
    static let depthMax = 4

    private enum Step: Sendable {
        case byte(UInt8)
        case any
        case ranges([ClosedRange<UInt8>], isNegated: Bool)
        /// Goes on at all of these places at once.
        case fork([Int])
        case end
    }

    private var steps: [Step] = []

    /// Compiles a pattern; nil if it is malformed or too long.
    init?(_ pattern: String) {
        guard pattern.utf8.count <= Self.patternBytesMax else { return nil }
        var rest = Array(pattern.utf8)[...]
        guard compile(&rest, depth: 0), rest.isEmpty else { return nil }
        steps.append(.end)
    }

    /// True when the whole name fits.
    func matches(_ name: String) -> Bool {
        var places = Set<Int>()
        enter(0, &places)
        for byte in name.utf8 {
            var next = Set<Int>()
            for place in places where accepts(byte, at: place) { enter(place + 1, &next) }
            if next.isEmpty { return false }
            places = next
        }
        return places.contains(steps.count - 1)
    }

    private func accepts(_ byte: UInt8, at place: Int) -> Bool {
        switch steps[place] {
        case .byte(let expected): byte == expected
        case .any: true
        case .ranges(let ranges, let isNegated): ranges.contains { $0.contains(byte) } != isNegated
        case .fork, .end: false
        }
    }

    /// Adds a place and all that are reached from it without a byte.
    private func enter(_ place: Int, _ places: inout Set<Int>) {
        guard steps.indices.contains(place), places.insert(place).inserted else { return }
        if case .fork(let targets) = steps[place] {
            for target in targets { enter(target, &places) }
        }
    }

    /// Compiles up to the end, or inside braces up to the comma or brace that ends the alternative.
    private mutating func compile(_ rest: inout ArraySlice<UInt8>, depth: Int) -> Bool {
        while let byte = rest.first {
            if depth > 0, byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") { return true }
            rest.removeFirst()
            switch byte {
            case UInt8(ascii: "*"):
                // Loop: either leave, or take a byte and come back.
                steps.append(.fork([steps.count + 1, steps.count + 3]))
                steps.append(.any)
                steps.append(.fork([steps.count - 2]))
            case UInt8(ascii: "?"): steps.append(.any)
            case UInt8(ascii: "["): guard compileClass(&rest) else { return false }
            case UInt8(ascii: "{"): guard compileAlternatives(&rest, depth: depth + 1) else { return false }
            case UInt8(ascii: "\\"):
                guard let literal = rest.popFirst() else { return false }
                steps.append(.byte(literal))
            default: steps.append(.byte(byte))
            }
        }
        return depth == 0
    }

    private mutating func compileClass(_ rest: inout ArraySlice<UInt8>) -> Bool {
        let isNegated = rest.first == UInt8(ascii: "!")
        if isNegated { rest.removeFirst() }
        var ranges: [ClosedRange<UInt8>] = []
        while let low = rest.popFirst() {
            if low == UInt8(ascii: "]") {
                steps.append(.ranges(ranges, isNegated: isNegated))
                return !ranges.isEmpty
            }
            guard rest.first == UInt8(ascii: "-"), let high = rest.dropFirst().first, high != UInt8(ascii: "]") else {
                ranges.append(low...low)
                continue
            }
            guard low <= high else { return false }
            ranges.append(low...high)
            rest = rest.dropFirst(2)
        }
        return false
    }

    private mutating func compileAlternatives(_ rest: inout ArraySlice<UInt8>, depth: Int) -> Bool {
        guard depth <= Self.depthMax else { return false }
        let fork = steps.count
        steps.append(.fork([]))
        var (starts, exits): ([Int], [Int]) = ([], [])
        while true {
            starts.append(steps.count)
            guard compile(&rest, depth: depth), let delimiter = rest.popFirst() else { return false }
            exits.append(steps.count)
            steps.append(.fork([]))
            if delimiter == UInt8(ascii: "}") { break }
        }
        steps[fork] = .fork(starts)
        for exit in exits { steps[exit] = .fork([steps.count]) }
        return true
    }
}
