import HTTPTypes
import JSONText
import Store
import Testing

@testable import Gateway

@Suite struct ServerReadsTests {
    private func post(_ rig: RouteRig, _ method: String, _ body: String) async throws -> RouteRig.Reply {
        try await rig.send(.post, method.isEmpty ? "/api" : "/api/\(method)", body)
    }

    private func offsets(_ reply: RouteRig.Reply) -> [Int] {
        reply.text.split(separator: "{\"data\":").dropFirst().compactMap { Int($0.prefix { $0 != "," }) }
    }

    @Test(arguments: [
        ("", [Int]()), (#","limit":0"#, []), (#","limit":-1"#, [1, 2, 3, 4, 5]), (#","limit":2"#, [1, 2]),
        (#","limit":2,"reverse":true"#, [5, 4]), (#","limit":-1,"reverse":true"#, [5, 4, 3, 2, 1]),
        (#","limit":2,"since":{"offset":2}"#, [3, 4]), (#","limit":2,"since":{"offset":4},"reverse":true"#, [3, 2]),
        (#","limit":9,"since":{"offset":5}"#, []), (#","limit":9223372036854775807"#, [1, 2, 3, 4, 5]),
    ])
    func history_followsItsTable(rest: String, expected: [Int]) async throws {
        try await RouteRig.run { rig in
            for number in 1...5 { _ = try await post(rig, "publish", #"{"channel":"a","data":\#(number)}"#) }
            let reply = try await post(rig, "history", #"{"channel":"a"\#(rest)}"#)
            #expect(offsets(reply) == expected)
            #expect(reply.json.member("result")?.member("offset")?.string == "5")
        }
    }

    @Test(arguments: [
        (#"{"channel":"a","since":{"offset":1,"epoch":"x"},"limit":1}"#, 112),
        (#"{"channel":"a","since":{"offset":0},"reverse":true,"limit":1}"#, 107), (#"{"limit":1}"#, 107),
        (#"{"channel":"session:0123","limit":1}"#, 104),
    ])
    func history_whenItCannotBe_hasItsNumber(body: String, code: Int) async throws {
        try await RouteRig.run { rig in
            let reply = try await post(rig, "history", body)
            #expect(reply.json.member("error")?.member("code")?.string == "\(code)")
        }
    }

    @Test func history_whenTheNamespaceKeepsNone_is108() async throws {
        let table = NamespaceTable(withoutNamespace: ChannelOptions(historySize: 0))
        try await RouteRig.run(GatewayConfiguration(namespaces: table)) { rig in
            for method in ["history", "history_remove"] {
                let reply = try await post(rig, method, #"{"channel":"a"}"#)
                #expect(reply.text == #"{"error":{"code":108,"message":"not available"}}"#)
            }
        }
    }

    @Test func historyOfASession_holdsItsChanges() async throws {
        try await RouteRig.run { rig in
            let id = try await rig.makeSession(#"{"document":1}"#)
            _ = try await rig.send(.put, "/api/sessions/\(id)", "2")
            _ = try await rig.send(.post, "/api/sessions/\(id)/touch")
            _ = try await rig.send(.delete, "/api/sessions/\(id)")
            let reply = try await post(rig, "history", #"{"channel":"session:\#(id)","limit":-1}"#)
            let publications = reply.json.member("result")?.member("publications")?.string
            #expect(
                publications == #"[{"data":{"type":"session.put","version":1,"document":1},"offset":1},"#
                    + #"{"data":{"type":"session.put","version":2,"document":2},"offset":2},"#
                    + #"{"data":{"type":"session.end","version":3,"reason":"ended"},"offset":3}]"#)
        }
    }

    @Test func historyRemove_emptiesAndKeepsThePosition() async throws {
        try await RouteRig.run { rig in
            _ = try await post(rig, "publish", #"{"channel":"a","data":1}"#)
            for channel in ["a", "never"] {
                let removed = try await post(rig, "history_remove", #"{"channel":"\#(channel)"}"#)
                #expect(removed.text == #"{"result":{}}"#)
            }
            let reply = try await post(rig, "history", #"{"channel":"a","limit":-1}"#)
            #expect(offsets(reply).isEmpty)
            #expect(reply.json.member("result")?.member("offset")?.string == "1")
            let reserved = try await post(rig, "history_remove", #"{"channel":"session:x"}"#)
            #expect(reserved.json.member("error")?.member("code")?.string == "103")
        }
    }

    @Test func channels_listsThoseWithSubscribers() async throws {
        try await RouteRig.run { rig in
            for channel in ["chat:2", "chat:1", "x"] {
                let request = SubscribeRequest(channel: channel, loop: 0, recover: nil, limit: 0, access: .granted)
                _ = try await rig.core.engine.ask { .subscribe(request, $0) }
            }
            let all = try await post(rig, "channels", "{}")
            #expect(
                all.text
                    == #"{"result":{"channels":{"chat:1":{"num_clients":1},"chat:2":{"num_clients":1},"x":{"num_clients":1}}}}"#
            )
            let some = try await post(rig, "channels", #"{"pattern":"chat:?"}"#)
            #expect(some.text == #"{"result":{"channels":{"chat:1":{"num_clients":1},"chat:2":{"num_clients":1}}}}"#)
            let wrong = try await post(rig, "channels", #"{"pattern":"["}"#)
            #expect(wrong.json.member("error")?.member("code")?.string == "107")
        }
    }

    @Test func info_namesTheNode() async throws {
        try await RouteRig.run { rig in
            let reply = try await post(rig, "info", "{}")
            for member in ["uid", "name", "version", "num_clients", "num_users", "num_subs", "num_channels", "uptime"] {
                #expect(reply.text.contains("\"\(member)\":"), "\(member)")
            }
        }
    }

    @Test func batch_repliesInOrderWithoutResult() async throws {
        try await RouteRig.run { rig in
            let reply = try await post(
                rig, "batch",
                #"{"parallel":true,"commands":[{"publish":{"channel":"a","data":1}},null,{"nope":{}},{"publish":{"channel":"a"}},"#
                    + #"{"history":{"channel":"a","limit":1}},{"history_remove":{"channel":"b"}}]}"#)
            #expect(reply.status == 200)
            let replies = reply.member("replies") ?? ""
            #expect(replies.hasPrefix(#"[{"publish":{"offset":1,"epoch":"#))
            #expect(replies.hasSuffix(#",{"history_remove":{}}]"#))
            #expect(replies.split(separator: #"{"error":{"code":107"#).count == 4)
            // Commands take effect in their order.
            #expect(replies.contains(#"{"history":{"publications":[{"data":1,"offset":1}]"#))
            let empty = try await post(rig, "batch", "{}")
            #expect(empty.member("replies") == "[]")
            let many = String(repeating: "{},", count: 1_000) + "{}"
            let refused = try await post(rig, "batch", #"{"commands":[\#(many)]}"#)
            #expect(refused.status == 400)
        }
    }

    @Test func legacy_answersALineForEachCommand() async throws {
        try await RouteRig.run { rig in
            let reply = try await post(
                rig, "",
                #"{"method":"publish","params":{"channel":"a","data":1}}"# + "\n"
                    + #"{"params":{"channel":"a","limit":-1},"method":"history"}"# + "\n" + #"{"method":"nope"}"# + "\n"
            )
            let lines = reply.text.split(separator: "\n")
            #expect(lines.count == 3)
            #expect(lines[0].hasPrefix(#"{"result":{"offset":1"#))
            #expect(lines[1].hasPrefix(#"{"result":{"publications":[{"data":1,"offset":1}]"#))
            #expect(lines[2] == #"{"error":{"code":104,"message":"method not found"}}"#)
            let wrong = try await post(rig, "", #"{"method":"publish"} x"#)
            #expect(wrong.status == 400)
        }
    }

    @Test func writes_whenTheEngineStops_are503WithBothAnswers() async throws {
        try await RouteRig.run { rig in
            _ = rig.core.engine.stop()
            let single = try await post(rig, "publish", #"{"channel":"a","data":1}"#)
            let many = try await post(rig, "broadcast", #"{"channels":["a","b"],"data":1}"#)
            for reply in [single, many] {
                #expect(reply.status == 503)
                #expect(reply.field("retry-after") == "1")
                #expect(reply.json.member("error")?.member("code")?.string == "100")
                #expect(reply.json.member("error")?.member("message")?.string.contains("was not made") == true)
            }
            let batch = try await post(rig, "batch", #"{"commands":[{"publish":{"channel":"a","data":1}}]}"#)
            #expect(batch.status == 503)
            let session = try await rig.send(.post, "/api/sessions")
            #expect(session.status == 503)
            #expect(session.member("code") == "\"stopping\"")
            #expect(session.member("detail") == "\"the node is stopping; the write was not made.\"")
            #expect(session.field("retry-after") == "2")
        }
    }
}
