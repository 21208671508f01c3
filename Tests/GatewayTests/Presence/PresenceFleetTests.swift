import HTTPTypes
import Store
import TestSupport
import Testing

@testable import Gateway

/// Who is there, over two gateways that are joined by lanes.
@Suite struct PresenceFleetTests {
    private static let table = NamespaceTable(
        withoutNamespace: ChannelOptions(
            presence: PresenceOptions(
                isOn: true, joinLeave: true, forcePushJoinLeave: true, access: ClientAccess(forClient: true))))

    private func fleet(
        _ namespaces: NamespaceTable = table,
        _ body: @Sendable (StreamRig, StreamRig, LoopbackLanes) async throws -> Void
    ) async throws {
        let (lanes, configuration) = (LoopbackLanes(), GatewayConfiguration(namespaces: namespaces))
        try await StreamRig.run(configuration, lane: lanes.lane(0xA)) { one in
            try await StreamRig.run(configuration, lane: lanes.lane(0xB)) { two in
                try await body(one, two, lanes)
            }
        }
    }

    private static func expect(_ count: Int, on server: StreamRig, _ channel: String = "c") async throws {
        try await eventually("\(count) members of \(channel)") { server.rig.core.presence.count(in: channel) == count }
    }

    private static func notices(_ client: ProtocolClient, _ kind: String) -> [String] {
        client.pushes.compactMap { $0[kind]?["info"]?["client"]?.string }
    }

    @Test func members_areThoseOfBothNodes_andJoinsAndLeavesReachBoth() async throws {
        try await fleet { one, two, _ in
            let (near, far) = (ProtocolClient(name: "near"), ProtocolClient(name: "far"))
            let ids = [
                try await near.connect(port: one.port)["client"]?.string ?? "",
                try await far.connect(port: two.port)["client"]?.string ?? "",
            ]
            try await near.subscribe("c")
            try await Self.expect(1, on: two)
            try await far.subscribe("c")
            for server in [one, two] { try await Self.expect(2, on: server) }
            for client in [near, far] {
                let members = try await client.call("presence", ["channel": "c"])["presence"]?.object
                #expect(Set(members?.keys.map { $0 } ?? []) == Set(ids))
                #expect(try await client.call("presence_stats", ["channel": "c"])["num_clients"] == 2)
            }
            try await eventually("both joins") { Self.notices(near, "join") == ids }
            try await far.unsubscribe("c")
            try await eventually("the leave") { Self.notices(near, "leave") == [ids[1]] }
            try await Self.expect(1, on: one)
        }
    }

    @Test func node_thatComesLater_learnsWhoIsThere() async throws {
        let (lanes, configuration) = (LoopbackLanes(), GatewayConfiguration(namespaces: Self.table))
        try await StreamRig.run(configuration, lane: lanes.lane(0xA)) { one in
            let client = ProtocolClient(name: "early")
            try await client.connect(port: one.port)
            try await client.subscribe("c")
            try await StreamRig.run(configuration, lane: lanes.lane(0xB)) { two in
                try await Self.expect(1, on: two)
            }
        }
    }

    @Test func presence_whileANodesTableWasNotHeard_isRefusedInsteadOfToldByHalf() async throws {
        try await fleet { one, _, lanes in
            let client = ProtocolClient(name: "near")
            try await client.connect(port: one.port)
            try await client.subscribe("c")
            try await Self.expect(1, on: one)
            lanes.addSilentMember(0xC)
            for method in ["presence", "presence_stats"] {
                let error = await #expect(throws: ErrorReply.self) { try await client.call(method, ["channel": "c"]) }
                #expect(error?.code == 100 && error?.isTemporary == true)
                let reply = try await one.rig.send(.post, "/api/\(method)", #"{"channel":"c"}"#, RouteRig.key)
                #expect(reply.status == 503)
                #expect(reply.text.contains("node c has not told who is there yet"))
            }
            lanes.leave(0xC)
            try await Self.expect(1, on: one)
        }
    }

    @Test func node_whoseLeaseLapsed_takesItsMembersAlong_andIsBackWhenItLives() async throws {
        try await fleet { one, two, lanes in
            let (near, far) = (ProtocolClient(name: "near"), ProtocolClient(name: "far"))
            try await near.connect(port: one.port)
            try await near.subscribe("c")
            let id = try await far.connect(port: two.port)["client"]?.string ?? ""
            try await far.subscribe("c")
            try await Self.expect(2, on: one)
            lanes.leave(0xB)
            try await eventually("its member leaves") { Self.notices(near, "leave") == [id] }
            // It was only away: nobody has to subscribe again.
            lanes.comeBack(0xB)
            try await eventually("its member joins again") { Self.notices(near, "join").filter { $0 == id }.count == 2 }
            try await Self.expect(2, on: one)
        }
    }

    /// Deltas get lost on the lane; the digest finds it, and the table mends it, with each join and leave told once.
    @Test func members_whoseChangesWereLost_areMendedByTheDigest() async throws {
        try await fleet { one, two, lanes in
            let (near, far) = (ProtocolClient(name: "near"), ProtocolClient(name: "far"))
            try await near.connect(port: one.port)
            try await near.subscribe("c")
            let id = try await far.connect(port: two.port)["client"]?.string ?? ""
            try await Self.expect(1, on: two)
            lanes.isLosing.value = true
            try await far.subscribe("c")
            lanes.isLosing.value = false
            try await eventually("the join comes after all") { Self.notices(near, "join").contains(id) }
            lanes.isLosing.value = true
            try await far.unsubscribe("c")
            lanes.isLosing.value = false
            try await eventually("the leave comes after all") { Self.notices(near, "leave") == [id] }
            #expect(Self.notices(near, "join").filter { $0 == id }.count == 1)
        }
    }

    @Test func fleet_withoutPresence_saysNothingOnTheLane() async throws {
        try await fleet(NamespaceTable(withoutNamespace: ChannelOptions())) { one, two, lanes in
            let client = ProtocolClient(name: "c")
            try await client.connect(port: one.port)
            try await client.subscribe("c")
            #expect(!one.rig.core.presence.isOn)
            #expect(lanes.sent.isEmpty)
            // A node that has presence must not wait for one that hasn't.
            lanes.send(try #require(FleetMessageCoding.encode(.presence(.ask(0xA)))), from: 0xB)
            try await eventually("it answers all the same") { lanes.sent.count == 2 }
            let table = PresenceMessage.table(PresencePage(counter: 0, page: 0, pages: 1, entries: []))
            #expect(lanes.sent.last == FleetMessageCoding.encode(.presence(table)))
        }
    }
}
