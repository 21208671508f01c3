import Foundation
import JSONBytes
import Testing

/// Compares with Foundation's reader on texts from a seeded generator, valid and broken.
@Suite struct FuzzTests {
    private func isAcceptedByFoundation(_ bytes: [UInt8]) -> Bool {
        do {
            _ = try JSONSerialization.jsonObject(with: Data(bytes), options: [.fragmentsAllowed])
            return true
        } catch {
            return false
        }
    }

    /// Texts on which the two differ on purpose.
    private func isDocumentedDifference(_ bytes: [UInt8]) -> Bool {
        let text = String(decoding: bytes, as: UTF8.self)
        return
            // Foundation guesses UTF-16 and UTF-32 from zero bytes and skips a byte order mark; here it is UTF-8 alone.
            bytes.contains(0) || bytes.starts(with: [0xEF, 0xBB, 0xBF])
            // Foundation refuses numbers that no Double holds and lone surrogates; RFC 8259 allows both.
            || text.contains(/[eE][+-]?[0-9]{3}/) || text.contains(/\\u[dD]/)
    }

    private func isAccepted(_ bytes: [UInt8]) -> Bool {
        do {
            _ = try JSONText(validating: bytes)
            return true
        } catch {
            return false
        }
    }

    @Test(arguments: 100..<108 as Range<UInt64>)
    func validation_ofRandomTexts_agreesWithFoundation(seed: UInt64) throws {
        var texts = RandomTexts(seed: seed)
        var counts = (accepted: 0, refused: 0)
        for _ in 0..<1_500 {
            let valid = texts.value(depth: 4)
            #expect(
                isAccepted(valid) && isAcceptedByFoundation(valid),
                "seed=\(seed) \(String(decoding: valid, as: UTF8.self))")
            let broken = texts.mutated(valid)
            let accepts = isAccepted(broken)
            if accepts { counts.accepted += 1 } else { counts.refused += 1 }
            if accepts != isAcceptedByFoundation(broken) {
                #expect(
                    isDocumentedDifference(broken),
                    "seed=\(seed) \(accepts) \(broken) \(String(decoding: broken, as: UTF8.self))")
            }
        }
        // Both answers must have been compared often enough to mean something.
        #expect(counts.accepted > 100 && counts.refused > 300, "\(counts)")
    }

    @Test(arguments: 200..<204 as Range<UInt64>)
    func validation_ofRandomTexts_keepsTheirValue(seed: UInt64) throws {
        var texts = RandomTexts(seed: seed)
        for _ in 0..<1_000 {
            let came = texts.value(depth: 4)
            let text = try JSONText(validating: came)
            #expect(try JSONText(validating: text.bytes) == text)
            #expect(!text.bytes.contains(0x0A) && !text.bytes.contains(0x0D))
            let before = try JSONSerialization.jsonObject(with: Data(came), options: [.fragmentsAllowed])
            #expect(try isEqual(Tree(text), before), "seed=\(seed) \(text.string)")
        }
    }

    /// Whether what the cursor read is what Foundation read.
    private func isEqual(_ tree: Tree, _ object: Any) -> Bool {
        switch tree {
        case .null: object is NSNull
        case .bool(let value): object as? Bool == value
        case .number(let spelling): isClose((object as? NSNumber)?.doubleValue, Double(spelling))
        case .string(let value): object as? String == value
        case .array(let elements):
            (object as? [Any]).map { $0.count == elements.count && zip(elements, $0).allSatisfy { isEqual($0, $1) } }
                ?? false
        case .object(let members):
            (object as? [String: Any]).map { other in
                other.count == members.count
                    && members.allSatisfy { key, value in other[key].map { isEqual(value, $0) } ?? false }
            } ?? false
        }
    }

    /// Foundation computes the last digits of a fraction with an exponent differently from the standard library.
    private func isClose(_ left: Double?, _ right: Double?) -> Bool {
        guard let left, let right else { return false }
        return abs(left - right) <= 1e-12 * abs(right)
    }

    @Test(arguments: 300..<304 as Range<UInt64>)
    func cursor_drivenAtRandomOverBrokenTexts_neverTrapsNorLeavesTheBuffer(seed: UInt64) {
        var texts = RandomTexts(seed: seed)
        for _ in 0..<2_000 {
            let valid = texts.value(depth: 3)
            let broken = texts.mutated(valid)
            // An exact heap block, so that an address sanitizer sees a read past the end.
            let block = UnsafeMutableRawBufferPointer.allocate(byteCount: broken.count, alignment: 1)
            defer { block.deallocate() }
            block.copyBytes(from: broken)
            let bytes = UnsafeRawBufferPointer(block)
            var cursor = JSONCursor(bytes, depthMax: texts.random.index(below: 6))
            for _ in 0..<30 {
                try? step(&cursor, bytes, &texts.random)  // An error is an outcome too: the cursor must stay usable.
                #expect((0...bytes.count).contains(cursor.position))
            }
            _ = UTF8Rules.isValid(bytes)
            let text = JSONText(unchecked: broken)
            _ = text.member("a")
            _ = try? MergePatch.apply(text, to: JSONText(unchecked: valid))  // Only a trap would be a failure here.
            _ = try? MergePatch.apply(JSONText(unchecked: valid), to: text)  // As above.
        }
    }

    private func step(
        _ cursor: inout JSONCursor, _ bytes: UnsafeRawBufferPointer, _ random: inout SeededGenerator
    ) throws {
        switch random.index(below: 14) {
        case 0: try cursor.beginObject()
        case 1: try cursor.beginArray()
        case 2, 3: _ = try cursor.nextKey().map { ($0.string(in: bytes), $0.equals("a", in: bytes)) }
        case 4, 5: _ = try cursor.nextElement()
        case 6: _ = try cursor.skipValue()
        case 7: _ = try cursor.readString()
        case 8: _ = try cursor.readUInt64()
        case 9: _ = try cursor.readInt64()
        case 10: _ = try cursor.readBool()
        case 11: _ = cursor.readNull()
        case 12: _ = try cursor.readText()
        default: try cursor.expectEnd()
        }
    }
}
