import Testing

@testable import Journal

/// What the reader makes of any bytes: replies, or one typed error with bounded memory.
@Suite struct RESPReaderTests {
    private func read(_ text: String, slice: Int = .max, limits: RedisLimits = .standard) throws
        -> [RESPValue]
    {
        try read(Array(text.utf8), slice: slice, limits: limits).map(\.value)
    }

    private func read(
        _ bytes: [UInt8], slice: Int = .max, limits: RedisLimits = .standard,
        into found: ([RESPReply]) -> Void = { _ in }
    ) throws -> [RESPReply] {
        let reader = RESPReader(limits: limits)
        var replies: [RESPReply] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(slice))
            rest = rest.dropFirst(piece.count)
            do {
                try piece.withUnsafeBytes { bytes in try reader.read(bytes) { replies.append($0) }
                }
            } catch {
                found(replies)
                throw error
            }
        }
        return replies
    }

    private static let wellFormed: [(String, RESPValue)] = [
        ("+OK\r\n", .simple("OK")), ("+\r\n", .simple("")), (":-12\r\n", .integer(-12)),
        (":9223372036854775807\r\n", .integer(.max)), (":-9223372036854775808\r\n", .integer(.min)),
        ("$-1\r\n", .null), ("*-1\r\n", .null), ("$0\r\n\r\n", .string([])), ("$2\r\n\r\n\r\n", .string([13, 10])),
        ("*0\r\n", .array([])), ("-ERR no\r\n", .error(RedisServerError(code: "ERR", message: "no"))),
        ("*2\r\n*1\r\n:1\r\n$1\r\nx\r\n", .array([.array([.integer(1)]), .string([120])])),
        ("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", nested(7)),
    ]

    private static func nested(_ depth: Int) -> RESPValue {
        depth == 0 ? .integer(1) : .array([nested(depth - 1)])
    }

    @Test(arguments: wellFormed)
    func bytes_thatAreWellFormed_areTheReplyInSlicesOfAnySize(text: String, value: RESPValue) throws {
        for slice in [1, 2, 3, 7, .max] {
            #expect(try read(text, slice: slice) == [value])
            #expect(try read(text + "+next\r\n" + text, slice: slice) == [value, .simple("next"), value])
        }
    }

    private static let hostile = [
        "*2147483647\r\n", "*4294967297\r\n", "*9223372036854775807\r\n", "*99999999999999999999\r\n", "*-2\r\n",
        "$-2\r\n", "$536870912\r\n", "$9223372036854775807\r\n", "$99999999999999999999\r\n",
        String(repeating: "*1\r\n", count: 10_000), "*1000000\r\n*1000000\r\n*1000000\r\n",
        "$1\r\nxyz", "$1\r\nx\rz", "$1\nx\r\n", "+OK\n", "+OK\rx", ":\r\n", ":1x\r\n", ":--1\r\n",
        ":9223372036854775808\r\n",
        "$\r\n", "$x\r\n", "*\r\n", "* 1\r\n", "%1\r\n", "_\r\n", ">2\r\n", "#t\r\n", "\u{0}", "GET / HTTP/1.1\r\n",
        "\r\n",
        "+" + String(repeating: "x", count: 5_000), ":" + String(repeating: "0", count: 5_000),
    ]

    @Test(arguments: hostile)
    func bytes_thatAreHostile_areAProtocolViolationAfterWhatCameBefore(text: String) {
        for slice in [1, 5, .max] {
            var before = 0
            #expect {
                _ = try read(Array(("+first\r\n" + text).utf8), slice: slice) { before = $0.count }
            } throws: { error in
                guard case RedisError.protocolViolation = error else { return false }
                return true
            }
            #expect(before == 1)
        }
    }

    @Test func reader_afterAViolation_readsNothingMore() throws {
        let reader = RESPReader()
        for text in ["?", "+OK\r\n"] {
            #expect(throws: RedisError.self) {
                try Array(text.utf8).withUnsafeBytes { bytes in
                    try reader.read(bytes) { _ in Issue.record("a reply after a violation") }
                }
            }
        }
    }

    @Test func reply_overItsBounds_isRefused() throws {
        var limits = RedisLimits()
        limits.replyBytesMax = 10
        limits.elementsMax = 4
        #expect(throws: RedisError.self) { _ = try read("*2\r\n$6\r\nabcdef\r\n$6\r\n", limits: limits) }
        #expect(throws: RedisError.self) { _ = try read("*2\r\n*3\r\n", limits: limits) }
        // The bounds are of one reply, not of the connection.
        let pair = "*2\r\n$4\r\nabcd\r\n$4\r\nabcd\r\n"
        #expect(try read(pair + pair + pair, limits: limits).count == 3)
    }

    @Test func bytes_thatAreRandom_neverTrap() {
        var generator = SystemRandomNumberGenerator()
        let alphabet = Array("*$:+-0123456789\r\n\r\n\r\nax".utf8)
        for _ in 0..<3_000 {
            let bytes = (0..<60).compactMap { _ in alphabet.randomElement(using: &generator) }
            // Losing the errors is safe: a trap would be the finding, or another result for other slices.
            let (whole, sliced) = (try? read(bytes).map(\.value), try? read(bytes, slice: 1).map(\.value))
            #expect(whole == sliced, "\(String(decoding: bytes, as: UTF8.self).debugDescription)")
        }
    }

    @Test func string_ofManyFeeds_isWhole() throws {
        let content = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let replies = try read(Array("$1000000\r\n".utf8) + content + [13, 10], slice: 50_000)
        #expect(replies.map(\.bytes) == [content])
    }

    @Test func records_ofXREAD_areReadInPlace() throws {
        let record = "*2\r\n$3\r\n7-1\r\n*4\r\n$1\r\nx\r\n$1\r\ny\r\n$1\r\ne\r\n$4\r\nbody\r\n"
        let foreign = "*2\r\n$3\r\n7-2\r\n*2\r\n$1\r\nx\r\n$1\r\ne\r\n"
        let list = "*2\r\n" + record + foreign
        let expected = [
            StreamRecord(cursor: Cursor(lineage: 7, sequence: 1), payload: Array("body".utf8)),
            StreamRecord(cursor: Cursor(lineage: 7, sequence: 2), payload: nil),
        ]
        #expect(try read(Array(list.utf8))[0].rangeRecords() == expected)
        #expect(try read(Array(("*1\r\n*2\r\n$1\r\nk\r\n" + list).utf8))[0].readRecords() == expected)
        #expect(try read(Array("*-1\r\n".utf8))[0].readRecords() == [])
        #expect(try read(Array("*0\r\n".utf8))[0].rangeRecords() == [])
        for wrong in [
            "+OK\r\n", ":1\r\n", "*1\r\n:1\r\n", "*1\r\n*2\r\n$3\r\n7-1\r\n:1\r\n", "$1\r\nx\r\n",
            "*1\r\n*1\r\n$3\r\n7-1\r\n",
        ] {
            let reply = try read(Array(wrong.utf8))[0]
            #expect(throws: RedisError.self) { _ = try reply.rangeRecords() }
            #expect(throws: RedisError.self) { _ = try reply.readRecords() }
        }
    }

    @Test(arguments: [
        "", "-", "1", "1-", "-1", "1-2-3", "a-1", "1-+2", "9223372036854775808-0", "99999999999999999999-1",
    ])
    func id_thatIsNone_isRefused(text: String) { #expect(StreamRecord.cursor(ofID: text) == nil) }

    @Test func element_ofAReply_outlivesTheReply() throws {
        var element: RESPReply?
        element = try read(Array("*2\r\n$3\r\nabc\r\n:5\r\n".utf8))[0][0]
        #expect(element?.text == "abc")
        #expect(element?[0] == nil)
    }
}
