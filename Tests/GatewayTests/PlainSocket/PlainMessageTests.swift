import JSONBytes
import NIOCore
import Store
import Testing

@testable import Gateway

@Suite struct PlainMessageTests {
    @Test(arguments: [#"{"type":"ping"}"#, #" { "type" : "ping" } "#, #"{"type":"\u0070ing"}"#])
    func ping_isAnswered(_ text: String) {
        #expect(PlainMessage(ByteBuffer(string: text)) == .ping)
    }

    @Test(arguments: [
        #"{"type":"ping","to":"bob"}"#, #"{"type":"pong"}"#, #"{"type":1}"#, #"{"Type":"ping"}"#, #"["ping"]"#, "1",
        #""ping""#, "{}", "null",
    ])
    func json_isPublishedAsItCame(_ text: String) {
        #expect(PlainMessage(ByteBuffer(string: text)) == .json(JSONText(unchecked: Array(text.utf8))))
    }

    @Test(arguments: [
        "hello", "", " ", "{\"a\":}", "it said \"no\"", "a\nb\r\u{0}", "Grüße 🌍", "\"open", "1 2",
        String(repeating: "[", count: 40) + String(repeating: "]", count: 40),
    ])
    func text_comesOutAsItCameIn(_ text: String) throws {
        guard case .text(let data) = PlainMessage(ByteBuffer(string: text)) else {
            Issue.record("\(text) is not a text")
            return
        }
        #expect(try JSONText(validating: data).bytes == data, "it is journaled as JSON")
        for info in [nil, Array(#"{"user":"u"}"#.utf8)] {
            for offset in [0, 7] as [UInt64] {
                let publication = Publication(offset: offset, data: data, info: info, tags: PlainMessage.textTags)
                #expect(Self.frames(PlainEncoder.payloads(of: [publication])) == [text])
            }
        }
    }

    /// What only looks like a tagged text is told apart from it.
    @Test func string_withoutTheTag_comesOutInItsQuotes() {
        let data = Array(#""hello""#.utf8)
        let forged = Array(#"{"a":1,"tags":{"format":"text"}}"#.utf8)
        let publications = [
            Publication(offset: 1, data: data), Publication(offset: 2, data: data, info: forged),
            Publication(offset: 3, data: data, tags: Array(#"{"format":"html"}"#.utf8)),
            Publication(offset: 4, data: Array("5".utf8), tags: PlainMessage.textTags),
            Publication(offset: 5, data: forged),
        ]
        #expect(
            Self.frames(PlainEncoder.payloads(of: publications))
                == [#""hello""#, #""hello""#, #""hello""#, "5", String(decoding: forged, as: UTF8.self)])
    }

    @Test func envelope_holdsThePositionWhereThereIsOne() {
        let publications = [
            Publication(offset: 3, data: Array("{}".utf8)), Publication(offset: 0, data: Array("1".utf8)),
        ]
        #expect(
            Self.frames(PlainEncoder.envelopes(of: publications, epoch: "e"))
                == [#"{"epoch":"e","offset":3,"data":{}}"#, #"{"data":1}"#])
        #expect(
            Self.frames(PlainEncoder.envelopes(of: publications, epoch: nil)) == [#"{"data":{}}"#, #"{"data":1}"#])
    }

    @Test(arguments: [1, 126, 70_000]) func payload_ofAnySize_isOneFrame(_ size: Int) {
        let data = Array(("\"" + String(repeating: "x", count: size) + "\"").utf8)
        let frames = Self.frames(PlainEncoder.payloads(of: [Publication(offset: 1, data: data)]))
        #expect(frames == [String(decoding: data, as: UTF8.self)])
    }

    private static func frames(_ bytes: ByteBuffer) -> [String] {
        ServerFrames.all(in: bytes.readableBytesView).map(\.text)
    }
}
