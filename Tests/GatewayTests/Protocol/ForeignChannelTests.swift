import HTTPTypes
import NIOCore
import NIOEmbedded
import TestSupport
import Testing

@testable import Gateway

/// Row S14: channels of others, and names that look like those that one may use.
@Suite struct ForeignChannelTests {
    private static let user = ClientAccess(forClient: true)
    private static let subscriber = ClientAccess(forSubscriber: true)
    private static let table = NamespaceTable(
        withoutNamespace: ChannelOptions(
            allowUserLimitedChannels: true, subscribe: user, publish: subscriber, history: subscriber),
        namespaces: [
            "open": ChannelOptions(subscribe: user, publish: user, history: user),
            "read": ChannelOptions(subscribe: user), "closed": ChannelOptions(),
        ])

    /// Names that user 7 must get nothing of, with the error.
    static let rows: [(channel: String, code: String)] = [
        ("#8", "103"), ("x#8", "103"), ("x#8,9", "103"), ("x#77", "103"), ("x#", "103"), ("x#7#8", "103"),
        ("$x", "103"), ("closed:x", "103"), ("closed:", "103"), ("Closed:x", "102"), ("OPEN:x", "102"),
        ("Open:x", "102"),
        ("a/../closed:x", "102"), ("open/../closed:x", "102"), ("./open:x", "102"), ("%63losed:x", "102"),
        ("open%3Ax/../closed:x", "102"), (" closed:x", "107"), ("x#7 ", "107"), ("\u{43E}pen:x", "107"),
        ("\u{FF4F}pen:x", "107"), ("open\u{FF1A}x", "107"), ("open:x\u{200B}", "107"), ("open:e\u{301}", "107"),
        ("open:\u{0}", "107"), ("x#\u{FF17}", "107"),
    ]

    private static func command(_ method: String, _ channel: String, _ rest: String = "") -> String {
        #"{"id":2,"\#(method)":{"channel":\#(JSONValue.string(channel).text)\#(rest)}}"#
    }

    @Test func names_ofOthersAndLookAlikes_giveNothing() async throws {
        try await GatewayRig.run(GatewayRig.closed(namespaces: Self.table)) { rig in
            let client = try await rig.connect(token: try rig.token("7"))
            for (channel, code) in Self.rows {
                for (method, rest) in [("subscribe", ""), ("publish", #","data":1"#), ("history", #","limit":9"#)] {
                    let lines = try await client.ask(Self.command(method, channel, rest))
                    #expect(lines.count == 1)
                    #expect(lines.first?.member("error", "code") == code, "\(method) \(channel): \(lines)")
                }
            }
            #expect(try await rig.channels() == [:])
            #expect(try await client.closes() == [])
        }
    }

    @Test func publish_whereOneMayOnlyRead_isRefusedAlsoForSubscribers() async throws {
        try await GatewayRig.run(GatewayRig.closed(namespaces: Self.table)) { rig in
            let client = try await rig.connect(token: try rig.token("7"))
            #expect(try await client.ask(Self.command("subscribe", "read:x")).first?.member("error") == nil)
            for (method, rest) in [("publish", #","data":1"#), ("history", "")] {
                let lines = try await client.ask(Self.command(method, "read:x", rest))
                #expect(lines.first?.member("error", "code") == "103", "\(method)")
            }
            #expect(try await rig.publish("read:x", "1") == 1)
        }
    }

    /// A path in a name is a part of the name: it leads nowhere else.
    @Test func names_withPaths_areTheirOwnChannels() async throws {
        try await GatewayRig.run(GatewayRig.closed(namespaces: Self.table)) { rig in
            let client = try await rig.connect(token: try rig.token("7"))
            for name in ["open:../closed:x", "open:a/../x", "x#7"] {
                #expect(try await client.ask(Self.command("subscribe", name)).first?.member("error") == nil, "\(name)")
            }
            for name in ["closed:x", "open:x", "x"] { try await rig.publish(name, "1") }
            #expect(try await client.received() == [])
            try await rig.publish("open:a/../x", "2")
            #expect(try await client.received().first?.member("push", "channel") == #""open:a/../x""#)
        }
    }

    @Test(arguments: [
        ("closed:x", 403), ("closed%3Ax", 403), ("x%238", 403), ("Closed:x", 404), ("open/../closed:x", 404),
        ("..%2Fclosed:x", 404), ("%2563losed:x", 404), ("%D0%BEpen:x", 400), ("open:x%00", 400), ("$x", 403),
    ])
    func names_inPaths_giveNothingEither(name: String, status: Int) async throws {
        try await RouteRig.run(.production(namespaces: Self.table)) { rig in
            let reply = try await rig.send(.get, "/events/\(name)", "", try RouteRig.token(Identity(user: "7")))
            #expect(reply.status == status)
        }
    }
}
