import NIOCore
import NIOEmbedded
import Store
import TestSupport
import Testing

@testable import Gateway

@Suite struct PublishTests {
    private static func subscribe(_ id: Int, _ channel: String = "c") -> String {
        #"{"id":\#(id),"subscribe":{"channel":"\#(channel)"}}"#
    }

    @Test func publish_whenSubscribed_isEchoedToItsPublisherAndToOthers() async throws {
        try await GatewayRig.run(GatewayRig.closed(namespaces: .open)) { rig in
            let token = GatewayRig.signer.sign(claims: #"{"sub":"7","info":{"name":"A\"b"}}"#)
            let (client, other) = (
                try await rig.connect(token: token), try await rig.connect(token: try rig.token("8"))
            )
            let id = try await rig.loop.executeInContext { client.connection.value.id.text }
            for subscriber in [client, other] { _ = try await subscriber.ask(Self.subscribe(2)) }
            let lines = try await client.ask(#"{"id":3,"publish":{"channel":"c","data": {"t" : "hi"} }}"#)
            let push =
                #"{"push":{"channel":"c","pub":{"data":{"t" : "hi"},"offset":1,"info":"#
                + #"{"user":"7","client":"\#(id)","conn_info":{"name":"A\"b"}}}}}"#
            #expect(lines.sorted() == [#"{"id":3,"publish":{}}"#, push].sorted())
            #expect(try await other.received() == [push])
        }
    }

    @Test func publish_whenTheNamespaceHasNoHistory_hasNoOffset() async throws {
        let options = ChannelOptions(historySize: 0)
        let configuration = GatewayConfiguration(namespaces: NamespaceTable(withoutNamespace: options))
        try await GatewayRig.run(configuration) { rig in
            let client = try await rig.connect()
            let id = try await rig.loop.executeInContext { client.connection.value.id.text }
            #expect(try await client.ask(Self.subscribe(2)) == [#"{"id":2,"subscribe":{}}"#])
            let lines = try await client.ask(#"{"id":3,"publish":{"channel":"c","data":1}}"#)
            let push = #"{"push":{"channel":"c","pub":{"data":1,"info":{"user":"","client":"\#(id)"}}}}"#
            #expect(lines.sorted() == [#"{"id":3,"publish":{}}"#, push].sorted())
        }
    }

    @Test func publish_whenPipelined_keepsTheOrder() async throws {
        try await GatewayRig.run { rig in
            let client = try await rig.connect()
            _ = try await client.ask(Self.subscribe(2))
            try await client.send(
                (10..<210).map { #"{"id":\#($0),"publish":{"channel":"c","data":\#($0)}}"# }.joined(separator: "\n"))
            let lines = try await client.received()
            let pushes = lines.filter { $0.hasPrefix(#"{"push""#) }
            #expect(pushes.map { $0.member("push", "pub", "data") } == (10..<210).map { "\($0)" })
            #expect(pushes.map { $0.member("push", "pub", "offset") } == (1...200).map { "\($0)" })
            let replies = lines.filter { !$0.hasPrefix(#"{"push""#) }
            #expect(replies == (10..<210).map { #"{"id":\#($0),"publish":{}}"# })
        }
    }

    @Test func publish_whenTheClientLeavesInTheSameRead_isMadeAllTheSame() async throws {
        try await GatewayRig.run { rig in
            for end in [ClientFrames.close(1000), [0xFF, 0xFF]] {
                let client = try await rig.connect()
                try await client.send(
                    bytes: ClientFrames.text(#"{"id":3,"publish":{"channel":"c","data":1}}"# + Self.subscribe(4)) + end)
                await client.drop()
            }
            #expect(try await rig.publish("c", "0") == 3, "both publications came before this one")
            #expect(try await rig.channels() == [:])
        }
    }

    @Test(arguments: [
        (#""limit":0"#, []), ("", []), (#""limit":-1"#, [1, 2, 3, 4, 5]), (#""limit":2"#, [1, 2]),
        (#""limit":99"#, [1, 2, 3, 4, 5]),
        (#""limit":-1,"reverse":true"#, [5, 4, 3, 2, 1]), (#""limit":2,"reverse":true"#, [5, 4]),
        (#""limit":2,"since":{"offset":2,"epoch":"E"}"#, [3, 4]), (#""limit":9,"since":{"offset":5}"#, []),
        (#""limit":9,"since":{"offset":99}"#, []),
        (#""limit":2,"since":{"offset":4,"epoch":"E"},"reverse":true"#, [3, 2]),
        (#""limit":9,"since":{"offset":1},"reverse":true"#, []), (#""limit":3,"since":null"#, [1, 2, 3]),
        (#""limit":9,"since":{"offset":9007199254740993},"reverse":true"#, [5, 4, 3, 2, 1]),
    ])
    func history_whenAsked_bringsTheRange(query: String, offsets: [Int]) async throws {
        try await GatewayRig.run { rig in
            for data in 1...5 { try await rig.publish("c", "\(data)") }
            let client = try await rig.connect()
            let top = try await client.ask(#"{"id":2,"history":{"channel":"c"}}"#).first ?? ""
            let epoch = top.member("history", "epoch") ?? ""
            #expect(top == #"{"id":2,"history":{"publications":[],"epoch":\#(epoch),"offset":5}}"#)
            let query = query.replacing(#""E""#, with: epoch)
            let line = try await client.ask(#"{"id":3,"history":{"channel":"c"\#(query.isEmpty ? "" : ",")\#(query)}}"#)
            let publications = offsets.map { #"{"data":\#($0),"offset":\#($0)}"# }.joined(separator: ",")
            #expect(line == [#"{"id":3,"history":{"publications":[\#(publications)],"epoch":\#(epoch),"offset":5}}"#])
        }
    }

    @Test(arguments: [
        (#""limit":2,"since":{"offset":1,"epoch":"_"}"#, 112, "unrecoverable position"),
        (#""limit":2,"since":{"offset":0},"reverse":true"#, 107, "bad request"),
    ])
    func history_whenThePositionIsWrong_isAnError(query: String, code: Int, message: String) async throws {
        try await GatewayRig.run { rig in
            try await rig.publish("c", "1")
            let client = try await rig.connect()
            #expect(
                try await client.ask(#"{"id":3,"history":{"channel":"c",\#(query)}}"#)
                    == [#"{"id":3,"error":{"code":\#(code),"message":"\#(message)"}}"#])
        }
    }

    @Test func history_whenLong_isCutAtTheBound() async throws {
        try await GatewayRig.run { rig in
            let max = ClientLimits.historyPublicationsMax
            for number in 0..<(max + 5) {
                rig.engine.submit(.write(GatewayRig.draft("c", "\(number)"), .granted, .init(loop: nil) { _ in }))
            }
            await rig.settle()
            let client = try await rig.connect()
            for limit in [-1, 100_000] {
                let lines = try await client.ask(#"{"id":3,"history":{"channel":"c","limit":\#(limit)}}"#)
                #expect(lines.first?.ranges(of: #""data""#).count == max)
                #expect(lines.first?.member("history", "offset") == "\(max + 5)")
            }
        }
    }
}

extension NamespaceTable {
    /// Every client with a user may do everything.
    static let open = NamespaceTable(
        withoutNamespace: ChannelOptions(
            subscribe: .init(forClient: true), publish: .init(forClient: true), history: .init(forClient: true)))
}
