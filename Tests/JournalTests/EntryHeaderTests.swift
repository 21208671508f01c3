import JSONBytes
import Journal
import TestSupport
import Testing

@Suite struct EntryHeaderTests {
    @Test(arguments: 0..<300 as Range<UInt64>)
    func header_whenEncodedAndDecoded_isTheSame(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let header = Self.random(&generator)
        let decoded = try EntryHeader(decoding: header.encoded)
        #expect(decoded == header, "seed \(seed): \(String(decoding: header.encoded, as: UTF8.self))")
        #expect(decoded.encoded == header.encoded)
        _ = try JSONText(validating: header.encoded)
    }

    @Test func header_thatSaysNothing_isAnEmptyObject() throws {
        #expect(EntryHeader().encoded == Array("{}".utf8))
        #expect(try EntryHeader(decoding: Array("{}".utf8)) == EntryHeader())
    }

    /// `info` comes from a token and may be as deep as any JSON that we take; the header around it adds one level.
    @Test func header_whoseInfoIsAsDeepAsAllowed_canBeReadBack() throws {
        var header = EntryHeader()
        let depth = JSONLimits.depthMax
        header.info = Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        #expect(try EntryHeader(decoding: header.encoded) == header)
    }

    /// No bytes are no JSON value: encoded as they are they would make a row that nobody can read.
    @Test func header_whoseInfoIsEmpty_canBeReadBack() throws {
        var header = EntryHeader()
        (header.info, header.tags, header.reason) = ([], [], "r")
        #expect(try EntryHeader(decoding: header.encoded).reason == "r")
    }

    @Test(arguments: [Int64.min, -1, 0, .max])
    func header_withTimesAtTheirBounds_isTheSame(time: Int64) throws {
        var header = EntryHeader()
        header.expectedDeadline = time
        header.expectedVersion = .max
        header.history = HistoryWindow(size: .max, ttl: time)
        header.idempotency = IdempotencyClaim(key: "k", bodyHash: .max, window: time)
        header.session = SessionTerms(type: "t", owner: "o", ttl: time)
        #expect(try EntryHeader(decoding: header.encoded) == header)
    }

    @Test(arguments: [
        "", "{", "[]", "null", "{\"unknown\":1}", "{\"history\":[1]}", "{\"history\":[1,2,3]}", "{\"history\":{}}",
        "{\"version\":-1}", "{\"version\":1.5}", "{\"data_version\":\"1\"}", "{\"data_version\":1,\"data_epoch\":2}",
        "{\"key\":5}", "{\"info\":}", "{\"reason\":null}",
    ])
    func header_thatIsNotOurs_isRefused(text: String) {
        #expect(throws: JSONError.self) { try EntryHeader(decoding: Array(text.utf8)) }
    }

    @Test func everyKind_hasOneName() {
        for kind in EntryKind.allCases {
            #expect(EntryKind(rawValue: kind.rawValue) == kind)
            #expect(kind.isSession == kind.rawValue.hasPrefix("session."))
        }
        for refusal in Refusal.allCases { #expect(refusal.rawValue != "ok") }
    }

    private static func random(_ generator: inout SeededGenerator) -> EntryHeader {
        var header = EntryHeader()
        if generator.happens(oneIn: 2) {
            header.history = HistoryWindow(
                size: UInt32.random(in: 0 ... .max, using: &generator), ttl: number(&generator))
        }
        if generator.happens(oneIn: 2) {
            header.idempotency = IdempotencyClaim(
                key: generator.text(upTo: 30), bodyHash: generator.next(), window: number(&generator))
        }
        if generator.happens(oneIn: 2) { header.expectedVersion = generator.next() }
        if generator.happens(oneIn: 2) { header.expectedDeadline = number(&generator) }
        if generator.happens(oneIn: 2) {
            header.session = SessionTerms(
                type: generator.text(upTo: 9), owner: generator.text(upTo: 9), ttl: number(&generator))
        }
        if generator.happens(oneIn: 2) {
            header.info = Array("{\"user\":\"u\",\"client\":\"\(generator.next())\"}".utf8)
        }
        if generator.happens(oneIn: 2) { header.tags = Array("{\"a\":\"b\"}".utf8) }
        if generator.happens(oneIn: 2) {
            header.dataVersion = DataVersion(number: generator.next(), epoch: generator.text(upTo: 9))
        }
        if generator.happens(oneIn: 2) { header.reason = generator.text(upTo: 20) }
        return header
    }

    private static func number(_ generator: inout SeededGenerator) -> Int64 {
        generator.happens(oneIn: 4) ? Int64(bitPattern: generator.next()) : Int64(generator.index(below: 100_000))
    }
}
