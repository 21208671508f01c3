import NIOCore
import NIOEmbedded
import Store
import TestSupport
import Testing

@testable import Gateway

/// Who is there, as clients of one node see it.
@Suite struct PresenceTests {
    private static let open = PresenceOptions(isOn: true, joinLeave: true, access: ClientAccess(forSubscriber: true))

    private static func table(_ presence: PresenceOptions) -> NamespaceTable {
        NamespaceTable(
            withoutNamespace: ChannelOptions(subscribe: ClientAccess(forClient: true), presence: presence))
    }

    private static func subscribe(_ id: Int, _ more: String = "", channel: String = "c") -> String {
        #"{"id":\#(id),"subscribe":{"channel":"\#(channel)"\#(more)}}"#
    }

    private static let asks = #"{"id":8,"presence":{"channel":"c"}}"#
    private static let counts = #"{"id":9,"presence_stats":{"channel":"c"}}"#
    private static let wishes = #","join_leave":true"#

    private static func info(_ client: RigClient, _ user: String, _ rig: GatewayRig) async throws -> String {
        let id = try await id(of: client, rig)
        return #"{"user":"\#(user)","client":"\#(id)"}"#
    }

    private static func id(of client: RigClient, _ rig: GatewayRig) async throws -> String {
        try await rig.loop.executeInContext { client.connection.value.id.text }
    }

    @Test func presence_ofAChannel_namesItsSubscribers() async throws {
        try await GatewayRig.run(GatewayRig.closed(namespaces: Self.table(Self.open))) { rig in
            let ann = try await rig.connect(token: try rig.token("ann"))
            let bob = try await rig.connect(token: try rig.token("bob"))
            for client in [ann, bob] { _ = try await client.ask(Self.subscribe(2)) }
            let second = try await rig.connect(token: try rig.token("ann"))
            // Asked in one message with the subscribe, it finds itself there.
            let lines = try await second.ask([Self.subscribe(2), Self.asks, Self.counts].joined(separator: "\n"))
            #expect(lines.count == 3)
            #expect(lines.last == #"{"id":9,"presence_stats":{"num_clients":3,"num_users":2}}"#)
            let members = try #require(lines.dropFirst().first)
            for (client, user) in [(ann, "ann"), (bob, "bob"), (second, "ann")] {
                let info = try await Self.info(client, user, rig)
                #expect(members.contains(info))
            }
            #expect(members.hasPrefix(#"{"id":8,"presence":{"presence":{"#))
            // However a subscription ends, its member is gone.
            _ = try await second.ask(#"{"id":3,"unsubscribe":{"channel":"c"}}"#)
            await bob.drop()
            let id = try await Self.id(of: ann, rig)
            let info = try await Self.info(ann, "ann", rig)
            #expect(try await ann.ask(Self.asks) == [#"{"id":8,"presence":{"presence":{"\#(id)":\#(info)}}}"#])
        }
    }

    @Test(arguments: [
        (PresenceOptions(), true, 108), (PresenceOptions(isOn: true), true, 103), (open, false, 103),
        (PresenceOptions(isOn: true, access: ClientAccess(forClient: true)), false, 0), (open, true, 0),
    ])
    func presence_isForThoseWhoMaySee(options: PresenceOptions, isSubscribed: Bool, code: Int) async throws {
        try await GatewayRig.run(GatewayRig.closed(anonymous: true, namespaces: Self.table(options))) { rig in
            let client = try await rig.connect(token: try rig.token("ann"))
            if isSubscribed { _ = try await client.ask(Self.subscribe(2)) }
            for question in [Self.asks, Self.counts] {
                let line = try #require(try await client.ask(question).first)
                #expect(line.member("error", "code") == (code == 0 ? nil : "\(code)"))
            }
            let nobody = try await rig.connect()
            let line = try await nobody.ask(Self.asks).first
            #expect(line?.member("error", "code") == (options.isOn ? "103" : "108"), "anonymous clients need more")
            #expect(try await client.ask(#"{"id":8,"presence":{"channel":"a b"}}"#).first?.contains("107") == true)
        }
    }

    @Test(arguments: ["session:1", "waiting:1"])
    func presence_ofTheServicesOwnChannels_isNotThere(channel: String) async throws {
        try await GatewayRig.run { rig in
            let client = try await rig.connect()
            let line = try await client.ask(#"{"id":8,"presence":{"channel":"\#(channel)"}}"#).first
            #expect(line?.member("error", "code") == "108")
        }
    }

    @Test func presence_whenAnnounced_isJoinedAndLeftInOrder() async throws {
        try await GatewayRig.run(GatewayRig.closed(namespaces: Self.table(Self.open))) { rig in
            let ann = try await rig.connect(token: try rig.token("ann"))
            let lines = try await ann.ask(Self.subscribe(2, Self.wishes))
            let own = try await Self.info(ann, "ann", rig)
            #expect(lines.count == 2, "its own join comes, too, and behind the reply")
            #expect(lines.last == #"{"push":{"channel":"c","join":{"info":\#(own)}}}"#)
            let bob = try await rig.connect(token: try rig.token("bob"))
            let info = try await Self.info(bob, "bob", rig)
            #expect(try await bob.ask(Self.subscribe(2)).count == 1, "who did not ask is not told")
            await bob.drop()
            #expect(
                try await ann.received() == [
                    #"{"push":{"channel":"c","join":{"info":\#(info)}}}"#,
                    #"{"push":{"channel":"c","leave":{"info":\#(info)}}}"#,
                ])
            // Of the channel's other life nothing is told.
            _ = try await ann.ask(#"{"id":3,"unsubscribe":{"channel":"c"}}"#)
            #expect(try await ann.ask(Self.subscribe(4)).count == 1)
        }
    }

    @Test func joins_whereForced_areToldUnasked_andOtherwiseOnlyToWhoMaySee() async throws {
        var forced = PresenceOptions(joinLeave: true, forcePushJoinLeave: true)
        try await GatewayRig.run(GatewayRig.closed(namespaces: Self.table(forced))) { rig in
            let client = try await rig.connect(token: try rig.token("ann"))
            #expect(try await client.ask(Self.subscribe(2)).count == 2)
            #expect(
                try await client.ask(Self.asks).first?.member("error", "code") == "108", "join_leave is not presence")
        }
        forced.forcePushJoinLeave = false
        try await GatewayRig.run(GatewayRig.closed(namespaces: Self.table(forced))) { rig in
            let client = try await rig.connect(token: try rig.token("ann"))
            #expect(try await client.ask(Self.subscribe(2, Self.wishes)).count == 1, "the wish is ignored")
        }
    }

    @Test func presence_whenTheEpochsChangeOrAnOperatorEndsIt_isLeft() async throws {
        try await GatewayRig.run(GatewayRig.closed(namespaces: Self.table(Self.open))) { rig in
            let client = try await rig.connect(token: try rig.token("ann"))
            _ = try await client.ask(Self.subscribe(2))
            #expect(rig.core.presence.count(in: "c") == 1)
            let order = UserOrder(user: "ann", action: .unsubscribe(channel: "c"))
            try await rig.loop.executeInContext { for seat in rig.core.seats { seat.carryOut(order) } }
            #expect(rig.core.presence.count(in: "c") == 0)
        }
    }

    @Test func presence_withMoreMembersThanAReplyHolds_isRefusedAndStillCounted() async throws {
        try await GatewayRig.run { rig in
            let client = try await rig.connect()
            for number in 0...UInt64(PresenceLimits.clientReplyMembersMax) {
                rig.core.presence.join(.sample(number), "c")
            }
            #expect(try await client.ask(Self.asks).first?.member("error", "code") == "106")
            #expect(
                try await client.ask(Self.counts) == [#"{"id":9,"presence_stats":{"num_clients":1001,"num_users":1}}"#])
            let large = PresenceMember.sample(1, info: "\"" + String(repeating: "x", count: 600_000) + "\"")
            rig.core.presence.join(large, "d")
            let line = try await client.ask(#"{"id":8,"presence":{"channel":"d"}}"#).first
            #expect(line?.member("error", "code") == "106")
        }
    }

    @Test func namespaces_withoutPresence_keepNothing() async throws {
        try await GatewayRig.run(GatewayRig.closed(namespaces: Self.table(PresenceOptions()))) { rig in
            let client = try await rig.connect(token: try rig.token("ann"))
            _ = try await client.ask(Self.subscribe(2))
            #expect(!rig.core.presence.isOn)
            #expect(rig.core.presence.count(in: "c") == 0)
        }
    }
}

extension Presence {
    /// How many are in a channel; -1 while that can't be told.
    func count(in channel: String) -> Int {
        guard case .success(let stats) = stats(of: channel) else { return -1 }
        return stats.clients
    }
}
