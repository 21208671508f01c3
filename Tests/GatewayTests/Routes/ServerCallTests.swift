import HTTPTypes
import JSONBytes
import Store
import TestSupport
import Testing

@testable import Gateway

/// Presence, calls and versions over the server API.
@Suite struct ServerCallTests {
    private static let namespaces = NamespaceTable(namespaces: [
        "chat": ChannelOptions(presence: PresenceOptions(isOn: true)), "plain": ChannelOptions(historySize: 0),
    ])

    private func run(_ body: (RouteRig) async throws -> Void) async throws {
        try await RouteRig.run(.production(namespaces: Self.namespaces), body)
    }

    private func post(
        _ rig: RouteRig, _ method: String, _ body: String, _ fields: [String: String] = [:]
    ) async throws -> RouteRig.Reply {
        try await rig.send(.post, "/api/\(method)", body, RouteRig.key.merging(fields) { $1 })
    }

    @Test func presence_namesMembersAndCountsThem() async throws {
        try await run { rig in
            let member = PresenceMember.sample(1, info: #"{"n":1}"#)
            rig.core.presence.join(member, "chat:1")
            rig.core.presence.join(.sample(2, user: ""), "chat:1")
            let first =
                #""\#(member.client.text)":{"user":"ann","client":"\#(member.client.text)","conn_info":{"n":1}}"#
            let second = PresenceMember.sample(2, user: "")
            let others = #""\#(second.client.text)":{"user":"","client":"\#(second.client.text)"}"#
            let reply = try await post(rig, "presence", #"{"channel":"chat:1"}"#)
            #expect(reply.text == #"{"result":{"presence":{\#(first),\#(others)}}}"#)
            let stats = try await post(rig, "presence_stats", #"{"channel":"chat:1"}"#)
            #expect(stats.text == #"{"result":{"num_clients":2,"num_users":1}}"#)
            let nobody = try await post(rig, "batch", #"{"commands":[{"presence":{"channel":"chat:2"}}]}"#)
            #expect(nobody.text == #"{"replies":[{"presence":{"presence":{}}}]}"#)
        }
    }

    @Test(arguments: [
        (#"{"channel":"plain:1"}"#, 108), (#"{"channel":"nope:1"}"#, 102), (#"{"channel":"session:1"}"#, 108),
        ("{}", 107),
    ])
    func presence_whereThereIsNone_isAnError(body: String, code: Int) async throws {
        try await run { rig in
            for method in ["presence", "presence_stats"] {
                let reply = try await post(rig, method, body)
                #expect(reply.json.member("error")?.member("code")?.string == "\(code)")
            }
        }
    }

    @Test func rpc_ofASession_doesWhatClientsDo() async throws {
        try await run { rig in
            let id = try await rig.makeSession(#"{"document":{"a":1},"owner":"ann"}"#, RouteRig.key)
            let read = try await post(rig, "rpc", #"{"method":"session.get","params":{"id":"\#(id)"}}"#)
            let data = read.json.member("result")?.member("data")
            #expect(data?.member("document")?.string == #"{"a":1}"#)
            #expect(data?.member("owner")?.string == "\"ann\"")
            let patch = #"{"method":"session.patch","params":{"id":"\#(id)","version":1,"patch":{"b":2}}}"#
            let patched = try await post(rig, "rpc", patch)
            #expect(patched.text.contains(#""document":{"a":1,"b":2}"#))
            #expect(patched.field("anteroom-cursor") != nil)
            let stale = try await post(rig, "rpc", patch)
            #expect(stale.text.contains(#"{"error":{"code":412,"#))
            let transport = try await post(rig, "rpc", patch, ["X-Centrifugo-Error-Mode": "transport"])
            #expect(transport.status == 412)
            _ = try await post(rig, "rpc", #"{"method":"session.end","params":{"id":"\#(id)"}}"#)
            let after = try await post(rig, "rpc", #"{"method":"session.get","params":{"id":"\#(id)"}}"#)
            #expect(after.text.contains(#""code":410"#))
        }
    }

    @Test func rpc_ofARoom_doesWhatOperatorsDo() async throws {
        try await run { rig in
            let operations = RoomOperations(rig.core)
            let hash = String(repeating: "ab", count: 10)
            let terms = LinkTerms(policy: .instructorRequired)
            _ = try await operations.apply(operations.create(hash: hash, activity: "quiz", terms: terms))
            let read = try await post(rig, "rpc", #"{"method":"waiting.get","params":{"hash":"\#(hash)"}}"#)
            #expect(read.json.member("result")?.member("data")?.member("state")?.string == "\"waiting\"")
            let started = try await post(rig, "rpc", #"{"method":"waiting.start","params":{"hash":"\#(hash)"}}"#)
            #expect(started.json.member("result")?.member("data")?.member("state")?.string == "\"live\"")
            #expect(started.field("anteroom-cursor") != nil)
            let capacity = #"{"method":"waiting.capacity","params":{"hash":"\#(hash)","places":7}}"#
            let full = try await post(rig, "rpc", capacity)
            #expect(full.json.member("result")?.member("data")?.member("capacity")?.string == "7")
            let bad = try await post(rig, "rpc", capacity.replacing("7", with: "-1"))
            #expect(bad.json.member("error")?.member("code")?.string == "107")
            let ended = try await post(rig, "rpc", #"{"method":"waiting.end","params":{"hash":"\#(hash)"}}"#)
            #expect(ended.json.member("result")?.member("data")?.member("state")?.string == "\"waiting\"")
        }
    }

    @Test(arguments: [
        (#"{"method":"nope"}"#, 104), (#"{"method":"session.nope","params":{"id":"s"}}"#, 104),
        (#"{"method":"waiting.join","params":{"hash":"s"}}"#, 104), ("{}", 107), (#"{"method":"session.get"}"#, 107),
        (#"{"method":"waiting.get","params":[]}"#, 107), (#"{"method":"waiting.get","params":{"hash":"s"}}"#, 104),
        (#"{"method":"session.get","params":{"id":"s"}}"#, 404),
    ])
    func rpc_whenItCannotBeDone_hasItsNumber(body: String, code: Int) async throws {
        try await run { rig in
            let reply = try await post(rig, "rpc", body)
            #expect(reply.status == 200)
            #expect(reply.json.member("error")?.member("code")?.string == "\(code)")
        }
    }

    @Test func publish_withOldData_isSuppressedAndToldWhatIsThere_alsoAcrossARestart() async throws {
        let directory = RouteRig.newDirectory()
        func publish(_ rig: RouteRig, _ number: UInt64, _ more: String = "") async throws -> String? {
            let body = #"{"channel":"chat:1","data":\#(number),"version":\#(number)\#(more)}"#
            let reply = try await post(rig, "publish", body)
            return reply.json.member("result")?.member("offset")?.string
        }
        try await RouteRig.run(.production(), directory: directory) { rig in
            var offsets: [String?] = []
            for number in [5, 5, 4, 6] as [UInt64] { offsets.append(try await publish(rig, number)) }
            #expect(offsets == ["1", "1", "1", "2"])
        }
        try await RouteRig.run(.production(), directory: directory) { rig in
            #expect(try await publish(rig, 6) == "2")
            #expect(try await publish(rig, 1, #","version_epoch":"e""#) == "3")
            #expect(try await publish(rig, 1, #","version_epoch":"e""#) == "3")
            let history = try await post(rig, "history", #"{"channel":"chat:1","limit":10}"#)
            #expect(history.json.member("result")?.member("offset")?.string == "3")
            let broadcast = try await post(rig, "broadcast", #"{"channels":["chat:1","chat:2"],"data":1,"version":1}"#)
            #expect(broadcast.text.contains(#""offset":3"#) && broadcast.text.contains(#""offset":1"#))
        }
    }

    @Test func errors_whereTheServerIsSetSo_areTheStatus() async throws {
        var configuration = GatewayConfiguration.production(namespaces: Self.namespaces)
        configuration.reportsErrorsByStatus = true
        try await RouteRig.run(configuration) { rig in
            let reply = try await post(rig, "history", #"{"channel":"nope:1"}"#)
            #expect((reply.status, reply.text) == (404, #"{"code":102,"message":"unknown channel"}"#))
            let batch = try await post(rig, "batch", #"{"commands":[{"history":{"channel":"nope:1"}}]}"#)
            #expect(
                (batch.status, batch.text) == (
                    200, #"{"replies":[{"error":{"code":102,"message":"unknown channel"}}]}"#
                ))
        }
    }
}
