/// Makes valid JSON of every kind, and breaks it.
struct RandomTexts {
    var random: SeededGenerator

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
    }

    mutating func value(depth: Int) -> [UInt8] {
        let kinds = depth > 0 ? 8 : 5
        return space() + bare(random.index(below: kinds), depth: depth) + space()
    }

    /// An object whose few names make it likely that two objects share some.
    mutating func object(depth: Int) -> [UInt8] {
        bare(7, depth: depth)
    }

    private mutating func bare(_ kind: Int, depth: Int) -> [UInt8] {
        switch kind {
        case 0: Array(random.pick(["null", "true", "false"]).utf8)
        case 1, 2: number()
        case 3, 4: string()
        case 5: joined("[", "]") { $0.value(depth: depth - 1) }
        default:
            joined("{", "}") { texts in
                let name = texts.random.happens(oneIn: 4) ? texts.string() : Array(texts.random.pick(Self.names).utf8)
                return texts.space() + name + texts.space() + [0x3A] + texts.value(depth: depth - 1)
            }
        }
    }

    private static let names = [#""a""#, #""b""#, #""\u0061""#, #""longer name""#, #""ключ""#, #""""#, #""\"""#]

    private mutating func joined(_ open: String, _ close: String, _ item: (inout RandomTexts) -> [UInt8]) -> [UInt8] {
        var bytes = Array(open.utf8)
        for index in 0..<random.index(below: 5) {
            if index > 0 { bytes.append(0x2C) }
            bytes += item(&self)
        }
        return bytes + Array(close.utf8)
    }

    private mutating func number() -> [UInt8] {
        var text = random.happens(oneIn: 3) ? "-" : ""
        text += random.happens(oneIn: 5) ? "0" : String(random.index(below: 1_000_000) + 1)
        if random.happens(oneIn: 3) { text += "." + random.pick(["0", "5", "25", "001", "123456789"]) }
        if random.happens(oneIn: 4) { text += random.pick(["e", "E", "e+", "E-"]) + String(random.index(below: 12)) }
        return Array(text.utf8)
    }

    private mutating func string() -> [UInt8] {
        var text = "\""
        for _ in 0..<random.index(below: 14) {
            text += random.pick([
                "a", "Z", "0", " ", "word", "{", "[,", ":", "é", "€", "😀", "\\n", "\\\"", "\\\\", "\\/", "\\b\\f\\r\\t",
                "\\u0041", "\\u00e9", "\\uD83D\\uDE00", "12345678",
            ])
        }
        return Array((text + "\"").utf8)
    }

    private mutating func space() -> [UInt8] {
        random.happens(oneIn: 4) ? random.pick([[0x20], [0x0A], [0x0D, 0x0A], [0x09], [0x20, 0x20, 0x0A]]) : []
    }

    /// Changes one to three places of a text.
    mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0...random.index(below: 3) {
            let index = random.index(below: bytes.count + 1)
            switch random.index(below: 5) {
            case 0 where index < bytes.count: bytes.remove(at: index)
            case 1 where index < bytes.count: bytes[index] = UInt8.random(in: .min ... .max, using: &random)
            case 2 where index < bytes.count: bytes[index] = random.pick(Self.marks)
            case 3 where index > 0: bytes.removeLast(random.index(below: min(index, 8)))
            default: bytes.insert(random.pick(Self.marks), at: index)
            }
        }
        return bytes
    }

    private static let marks = Array("{}[]\",:\\/u0019.eE+-tfn \n\tz".utf8) + [0xC3, 0x80, 0xED, 0x01]
}
