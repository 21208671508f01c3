import TestSupport
import Testing

@Suite struct SSEParserTests {
    @Test(arguments: [
        ("data: a\n\n", [SSEEvent(id: "", data: "a")]),
        ("id: 7\ndata: a\ndata: b\n\n", [SSEEvent(id: "7", data: "a\nb")]),
        ("event: not-recovered\ndata:{}\n\n", [SSEEvent(id: "", event: "not-recovered", data: "{}")]),
        (
            ": heartbeat\n\nid: 1\ndata: x\r\n\r\ndata: y\r\n\r\n",
            [SSEEvent(id: "1", data: "x"), SSEEvent(id: "1", data: "y")]
        ),
        ("id: 3\n\n", []),
        ("data: unfinished\n", []),
    ])
    func take_ofAStream_yieldsItsEvents(stream: String, expected: [SSEEvent]) {
        var whole = SSEParser()
        #expect(whole.take(stream.utf8) == expected)
        var bytewise = SSEParser()
        #expect(stream.utf8.flatMap { bytewise.take(CollectionOfOne($0)) } == expected)
    }
}
