import TestSupport
import Testing

extension ProcessTests {
    /// Promise: what acts on a fleet, or asks it, reaches every node, whichever one is told.
    @Suite struct OutageSurfaceTests {
        /// Signed with the secret of these tests, without an end: `{"sub":"anna"}`.
        private static let token =
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbm5hIn0.Tn1vfYbKDJurUdlS6oTFHR7gTazMY5Z08poAdn3xvw4"
        private static let secret = "a-secret-of-the-tests-0123456789abcdef"

        @Test func ephemeralPublication_crossesNodes_andNeverTouchesTheStream() async throws {
            try await FleetRig.run { rig in
                let client = ProtocolClient(name: "typist")
                try await client.connect(port: rig.b.port)
                try await client.subscribe("typing:1")
                let before = try rig.redis.command("XRANGE", FleetRig.key("journal"), "-", "+")
                // The lane is a best effort: it is published until it is seen.
                try await eventually("a publication without history is seen on the other node") {
                    _ = try await rig.a.http.post(
                        "/api/publish",
                        ["channel": "typing:1", "data": ["text": "never in the stream"], "skip_history": true])
                    return !client.publications("typing:1").isEmpty
                }
                #expect(client.publications("typing:1").allSatisfy { $0.offset == nil })
                let after = try rig.redis.command("XRANGE", FleetRig.key("journal"), "-", "+")
                #expect(!before.contains("never in the stream") && !after.contains("never in the stream"))
                let length = try rig.streamLength()
                try await rig.a.http.publishKept("typing:1", "in the stream")
                #expect(try rig.streamLength() > length)
                #expect(try rig.redis.command("XRANGE", FleetRig.key("journal"), "-", "+").contains("in the stream"))
                client.disconnect()
            }
        }

        @Test func orders_toAUserOfAnotherNode_areCarriedOutThere() async throws {
            try await FleetRig.run(environment: ["JWT_SECRET": Self.secret]) { rig in
                let client = ProtocolClient(name: "anna")
                try await client.connect(port: rig.b.port, token: Self.token)
                try await client.subscribe("chat:1")
                try await client.subscribe("chat:2")
                try await eventually("the other node counts its subscriptions") {
                    let answer = try await rig.a.http.post("/api/channels", ["pattern": "chat:*"])
                    let channels = answer.json?["result"]?["channels"]
                    return channels?["chat:1"]?["num_clients"] == 1 && channels?["chat:2"]?["num_clients"] == 1
                }
                let unsubscribe = try await rig.a.http.post("/api/unsubscribe", ["user": "anna", "channel": "chat:1"])
                #expect(unsubscribe.json?["result"] != nil, "\(unsubscribe.body)")
                try await eventually("the subscription ends") { !client.isSubscribed("chat:1") }
                #expect(client.isSubscribed("chat:2") && client.end == nil)
                let disconnect = try await rig.a.http.post("/api/disconnect", ["user": "anna"])
                #expect(disconnect.json?["result"] != nil, "\(disconnect.body)")
                try await eventually("the connection ends") { client.end != nil }
                #expect(client.closeCode == 3503)
            }
        }

        @Test func members_killedAndJoining_areCountedByAll() async throws {
            try await FleetRig.run(nodeCount: 3) { rig in
                #expect(try await Self.nodeCount(rig.a) == 3)
                try await rig.nodes[2].kill()
                // A lease that is not renewed, looked at each second.
                try await eventually(within: .seconds(5), "a killed node leaves") {
                    try await Self.nodeCount(rig.a) == 2
                }
                try await rig.nodes[2].startAgain(hasEmptyDisk: true)
                try await eventually(within: .seconds(5), "a node that joins is seen by all") {
                    for node in rig.nodes where try await Self.nodeCount(node) != 3 { return false }
                    return true
                }
            }
        }

        private static func nodeCount(_ node: FleetNode) async throws -> Int? {
            try await node.http.post("/api/info", [:]).json?["result"]?["nodes"]?.array?.count
        }
    }
}

extension TestHTTP {
    /// Publishes into a channel's history.
    fileprivate func publishKept(_ channel: String, _ text: String) async throws {
        let answer = try await post("/api/publish", ["channel": .string(channel), "data": .string(text)])
        guard answer.json?["result"]?["offset"]?.int != nil else {
            throw UnexpectedAnswer(request: "publish", answer: answer)
        }
    }
}
