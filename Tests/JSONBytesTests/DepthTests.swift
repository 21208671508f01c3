import JSONBytes
import Testing

@Suite struct DepthTests {
    private func nested(_ depth: Int, open: String, close: String) -> [UInt8] {
        Array((String(repeating: open, count: depth) + String(repeating: close, count: depth)).utf8)
    }

    @Test(arguments: [("[", "]", 1), ("[0,[],", "]", 1), (#"{"a":0,"b":["#, "]}", 2)])
    func validation_atTheDepthBound_acceptsAndOneDeeperRefuses(open: String, close: String, levels: Int) {
        let text = String(repeating: open, count: 5) + "[]" + String(repeating: close, count: 5)
        let depth = 5 * levels + 1
        #expect(throws: Never.self) { try JSONText(validating: text.utf8, depthMax: depth) }
        let error = #expect(throws: JSONError.self) { try JSONText(validating: text.utf8, depthMax: depth - 1) }
        #expect(error?.reason == .tooDeep)
    }

    @Test func validation_withoutABoundOfItsOwn_allows32AndRefuses33() {
        #expect(throws: Never.self) { try JSONText(validating: nested(32, open: "[", close: "]")) }
        let error = #expect(throws: JSONError.self) { try JSONText(validating: nested(33, open: "[", close: "]")) }
        #expect(error == JSONError(.tooDeep, offset: 32, byte: UInt8(ascii: "[")))
    }

    @Test func validation_ofObjects_allows32AndRefuses33() {
        let open = #"{"a":"#
        let fits = String(repeating: open, count: 31) + "{}" + String(repeating: "}", count: 31)
        #expect(throws: Never.self) { try JSONText(validating: fits.utf8) }
        let tooDeep = open + fits + "}"
        let error = #expect(throws: JSONError.self) { try JSONText(validating: tooDeep.utf8) }
        #expect(error?.reason == .tooDeep)
    }

    @Test func validation_withABoundAboveTheCeiling_stopsAtTheCeiling() {
        #expect(JSONLimits.depthCeiling == 64)
        let fits = nested(64, open: "[", close: "]")
        #expect(throws: Never.self) { try JSONText(validating: fits, depthMax: .max) }
        let error = #expect(throws: JSONError.self) {
            try JSONText(validating: nested(65, open: "[", close: "]"), depthMax: .max)
        }
        #expect(error?.reason == .tooDeep)
    }

    @Test(arguments: [0, -1, .min])
    func validation_withNoDepthAllowed_acceptsScalarsOnly(depthMax: Int) {
        #expect(throws: Never.self) { try JSONText(validating: "1".utf8, depthMax: depthMax) }
        #expect(throws: JSONError.self) { try JSONText(validating: "[]".utf8, depthMax: depthMax) }
    }

    @Test func validation_ofAHundredThousandBrackets_refusesWithoutRecursion() {
        let error = #expect(throws: JSONError.self) {
            try JSONText(validating: [UInt8](repeating: UInt8(ascii: "["), count: 100_000))
        }
        #expect(error?.offset == 32)
    }

    @Test func cursor_insideContainers_countsThemToo() throws {
        let text = Array(#"{"a":[[1]]}"#.utf8)
        func read(depthMax: Int) throws -> Range<Int> {
            try text.withUnsafeBytes { bytes in
                var cursor = JSONCursor(bytes, depthMax: depthMax)
                try cursor.beginObject()
                _ = try cursor.nextKey()
                return try cursor.skipValue()
            }
        }
        #expect(try read(depthMax: 3) == 5..<10)
        let error = #expect(throws: JSONError.self) { try read(depthMax: 2) }
        #expect(error?.reason == .tooDeep)
    }

    @Test func cursor_afterLeavingContainers_hasTheirDepthBack() throws {
        let text = Array("[[],[],[[]]]".utf8)
        try text.withUnsafeBytes { bytes in
            var cursor = JSONCursor(bytes, depthMax: 3)
            try cursor.beginArray()
            for _ in 0..<2 {
                #expect(try cursor.nextElement())
                try cursor.beginArray()
                #expect(try !cursor.nextElement())
            }
            #expect(try cursor.nextElement())
            #expect(try cursor.skipValue() == 7..<11)
            #expect(try !cursor.nextElement())
            try cursor.expectEnd()
        }
    }
}
