import HTTPTypes
import JSONBytes
import Journal
import Store
import TestSupport
import Testing

@testable import Gateway

/// Two gateways in one process, joined by lanes.
@Suite struct FleetTests {
    /// Namespaces in which nothing is kept, for everything but `log`; without presence, which would be heard on the lane.
    private static let table = NamespaceTable(
        withoutNamespace: ChannelOptions(historySize: 0), namespaces: ["log": ChannelOptions()])

    private func fleet(
        _ configuration: GatewayConfiguration = GatewayConfiguration(namespaces: table),
        _ body: @Sendable (StreamRig, StreamRig, LoopbackLanes) async throws -> Void
    ) async throws {
        let lanes = LoopbackLanes()
        try await StreamRig.run(configuration, lane: lanes.lane(0xA)) { one in
            try await StreamRig.run(configuration, lane: lanes.lane(0xB)) { two in
                try await body(one, two, lanes)
            }
        }
    }

    private func post(_ server: StreamRig, _ method: String, _ body: String) async throws -> RouteRig.Reply {
        try await server.rig.send(.post, "/api/\(method)", body, RouteRig.key)
    }

    @Test func ephemeral_whenPublishedOnOneNode_reachesBothInOrder() async throws {
        try await fleet { one, two, _ in
            let (near, far) = (ProtocolClient(name: "near"), ProtocolClient(name: "far"))
            try await near.connect(port: one.port)
            try await far.connect(port: two.port)
            for client in [near, far] { try await client.subscribe("typing") }
            for number in 0..<100 { try await near.publish("typing", .int(number)) }
            for number in 100..<200 {
                _ = try await post(one, "publish", #"{"channel":"typing","data":\#(number),"tags":{"k":"v"}}"#)
            }
            for client in [near, far] {
                try await eventually("200 publications") { client.publications("typing").count >= 200 }
                #expect(client.publications("typing").map { $0.data.int } == (0..<200).map { $0 })
                #expect(client.publications("typing").allSatisfy { $0.offset == nil })
            }
            #expect(far.pushes.last?["pub"]?["tags"]?["k"]?.string == "v")
            #expect(far.pushes.first?["pub"]?["info"]?["client"]?.string != nil)
        }
    }

    @Test func publication_whenItHasHistory_staysOffTheLane() async throws {
        try await fleet { one, _, lanes in
            _ = try await post(one, "publish", #"{"channel":"log:a","data":1}"#)
            #expect(lanes.sent.isEmpty)
            _ = try await post(one, "publish", #"{"channel":"log:a","data":1,"skip_history":true}"#)
            #expect(lanes.sent.count == 1)
        }
    }

    @Test func channels_areThoseOfTheFleet() async throws {
        try await fleet { one, two, _ in
            let clients = (0..<3).map { ProtocolClient(name: "\($0)") }
            for (client, port) in zip(clients, [one.port, two.port, two.port]) {
                try await client.connect(port: port)
                try await client.subscribe("chat1")
            }
            try await clients[2].subscribe("x")
            for server in [one, two] {
                let all = try await post(server, "channels", "{}")
                #expect(
                    all.text
                        == #"{"result":{"channels":{"chat1":{"num_clients":3},"x":{"num_clients":1}}}}"#)
                let some = try await post(server, "channels", #"{"pattern":"x*"}"#)
                #expect(some.text == #"{"result":{"channels":{"x":{"num_clients":1}}}}"#)
            }
        }
    }

    @Test func info_namesEveryNode() async throws {
        try await fleet { one, two, _ in
            let client = ProtocolClient(name: "c")
            try await client.connect(port: two.port)
            let reply = try JSONValue(parsing: try await post(one, "info", "{}").text)
            let nodes = reply["result"]?["nodes"]?.array ?? []
            #expect(nodes.map { $0["uid"]?.string } == ["a", "b"])
            #expect(nodes.map { $0["num_clients"]?.int } == [0, 1])
            #expect(nodes.allSatisfy { $0["version"]?.string == ServiceVersion.current })
        }
    }

    @Test func survey_whenAMemberIsSilent_failsInsteadOfTellingHalf() async throws {
        try await fleet { one, _, lanes in
            lanes.addSilentMember(0xC)
            for method in ["channels", "info"] {
                let reply = try await post(one, method, "{}")
                #expect(reply.status == 503)
                #expect(reply.field("retry-after") == "1")
                #expect(reply.json.member("error")?.member("code")?.string == "100")
                #expect(reply.text.contains("no answer in time from node c; try again"))
            }
            let batch = try await post(
                one, "batch", #"{"commands":[{"channels":{}},{"publish":{"channel":"a","data":1}},{"info":{}}]}"#)
            #expect(batch.status == 200)
            #expect(batch.text.contains(#"{"publish":{}}"#), "what needs no other node is done all the same")
            lanes.leave(0xC)
            let reply = try await post(one, "channels", "{}")
            #expect(reply.status == 200)
        }
    }

    @Test func survey_whenTheSilentMemberLeaves_isAnsweredWithoutIt() async throws {
        try await fleet { one, _, lanes in
            lanes.addSilentMember(0xC)
            async let reply = post(one, "channels", "{}")
            try await eventually("the question is out") { !lanes.sent.isEmpty }
            lanes.leave(0xC)
            #expect(try await reply.status == 200)
        }
    }

    @Test func lane_whenBytesCanNotBeRead_dropsAndCountsThem() async throws {
        try await fleet { one, two, lanes in
            let client = ProtocolClient(name: "c")
            try await client.connect(port: one.port)
            try await client.subscribe("typing")
            for bytes in [[], [1], [9, 1, 2], [1, 99], [1, 1, 255, 255, 255, 255], [1, 3, 0, 0]] as [[UInt8]] {
                lanes.send(bytes, from: 0xB)
            }
            // Its own words, brought back.
            let echo = FleetMessage.ephemeral(EphemeralMessage(channel: "typing", data: Array("0".utf8)))
            lanes.send(try #require(FleetMessageCoding.encode(echo)), from: 0xA)
            _ = try await post(two, "publish", #"{"channel":"typing","data":7}"#)
            try await eventually("what comes after is delivered") { !client.publications("typing").isEmpty }
            #expect(client.publications("typing").map { $0.data.int } == [7])
            #expect(one.rig.core.fleet?.dropped == Fleet.Losses(malformed: 4, unknown: 2))
            let status = try await one.rig.send(.get, "/api/status")
            #expect(status.json.member("counters")?.member("malformedLaneMessages")?.string == "4")
        }
    }
}
