import JSONText
import NIOCore
import Store
import Testing

@testable import Gateway

@Suite struct ChannelBatchTests {
    private func publications(_ offsets: ClosedRange<UInt64>, bytes: Int = 1) -> [Publication] {
        offsets.map { Publication(offset: $0, data: Array(("\"" + String(repeating: "x", count: bytes) + "\"").utf8)) }
    }

    private func frames(_ batch: ChannelBatch) -> [ServerFrames.Frame] {
        ServerFrames.all(in: batch.protocolFrames.readableBytesView)
    }

    @Test func frames_whenOnePublicationComes_holdOnePush() {
        let batch = ChannelBatch(
            channel: "room:9", publications: [Publication(offset: 3, data: Array(#"{"a":1}"#.utf8))])
        #expect(frames(batch).map(\.text) == [#"{"push":{"channel":"room:9","pub":{"data":{"a":1},"offset":3}}}"#])
    }

    @Test func frames_whenThePublicationIsEphemeral_haveNoOffset() {
        let batch = ChannelBatch(channel: "c", publications: [Publication(offset: 0, data: [0x31])])
        #expect(frames(batch).map(\.text) == [#"{"push":{"channel":"c","pub":{"data":1}}}"#])
    }

    @Test func frames_whenTheNameHasQuotesOrBackslashes_escapeThem() {
        for name in [#"a"b"#, #"a\b"#, #"\""#, #""}}{""#] {
            let batch = ChannelBatch(channel: name, publications: publications(1...2))
            for line in frames(batch).flatMap(\.lines) {
                let push = JSONText(unchecked: Array(line.utf8)).member("push")
                #expect(throws: Never.self) { _ = try JSONText(validating: Array(line.utf8)) }
                #expect(
                    push?.member("channel")?.string == "\""
                        + name.replacing(#"\"#, with: #"\\"#).replacing("\"", with: "\\\"") + "\"")
            }
        }
    }

    @Test(arguments: [
        (1, 1, [1]), (64, 1, [64]), (65, 1, [64, 1]), (200, 1, [64, 64, 64, 8]), (3, 40_000, [1, 1, 1]),
        (5, 16_000, [3, 2]),
        (2, 32_768, [1, 1]),
    ])
    func frames_whenThereIsMuch_areCutByCountAndBytes(count: Int, bytes: Int, cuts: [Int]) {
        let batch = ChannelBatch(channel: "c", publications: publications(1...UInt64(count), bytes: bytes))
        let frames = frames(batch)
        #expect(frames.map(\.lines.count) == cuts)
        let lines = frames.flatMap(\.lines)
        for (index, line) in lines.enumerated() {
            #expect(line.hasPrefix(#"{"push":{"channel":"c","pub":{"data":"x"#))
            #expect(line.hasSuffix(#""offset":\#(index + 1)}}}"#))
        }
        for frame in frames { #expect(frame.payload.count <= ChannelBatch.frameBytesMax + bytes + 100) }
    }

    @Test func frames_whenAskedTwice_areEncodedOnce() {
        let batch = ChannelBatch(channel: "c", publications: publications(1...3))
        let (first, second) = (batch.protocolFrames, batch.protocolFrames)
        let addresses = [first, second].map { $0.withUnsafeReadableBytes { $0.baseAddress } }
        #expect(addresses[0] == addresses[1], "all subscribers share one buffer")
        var made = 0
        for _ in 0..<3 {
            _ = batch.serverSentEvents { _ in
                made += 1
                return ByteBuffer(string: "x")
            }
        }
        #expect(made == 1)
    }
}
