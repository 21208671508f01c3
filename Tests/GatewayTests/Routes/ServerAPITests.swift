import HTTPTypes
import JSONBytes
import Store
import Testing

@testable import Gateway

@Suite struct ServerAPITests {
    private static let namespaces = NamespaceTable(namespaces: [
        "chat": ChannelOptions(), "typing": ChannelOptions(historySize: 0),
    ])

    private func run(_ body: (RouteRig) async throws -> Void) async throws {
        try await RouteRig.run(.production(namespaces: Self.namespaces), body)
    }

    private func post(
        _ rig: RouteRig, _ method: String, _ body: String, _ fields: [String: String] = [:]
    ) async throws -> RouteRig.Reply {
        try await rig.send(.post, "/api/\(method)", body, RouteRig.key.merging(fields) { $1 })
    }

    private func epoch(_ rig: RouteRig, _ channel: String) async throws -> String {
        let reply = try await post(rig, "history", #"{"channel":"\#(channel)"}"#)
        return reply.json.member("result")?.member("epoch")?.string ?? ""
    }

    @Test(arguments: [[:], ["X-API-Key": "wrong"], ["Authorization": "apikey x"], ["Authorization": "Bearer x"]])
    func requests_withoutTheKey_are401WithoutABody(fields: [String: String]) async throws {
        try await run { rig in
            for path in ["/api/publish", "/api/batch", "/api", "/api/info"] {
                let reply = try await rig.send(.post, path, "{}", fields)
                #expect(reply.status == 401)
                #expect(reply.body.isEmpty)
            }
            let query = try await rig.send(.post, "/api/info?api_key=\(RouteRig.apiKey)", "{}")
            #expect(query.status == 200)
        }
    }

    @Test(arguments: ["connections", "Publish"])
    func methods_thatAreNotServed_are404(method: String) async throws {
        try await run { rig in
            let reply = try await post(rig, method, "{}")
            #expect(reply.status == 404)
        }
    }

    @Test func publish_countsAndKeepsThePayloadAsItCame() async throws {
        try await run { rig in
            let first = try await post(
                rig, "publish", #"{"channel":"chat:1","data":{"b":1.0, "a":"é"},"tags":{"k":"v"}}"#)
            let epoch = try await epoch(rig, "chat:1")
            #expect(first.status == 200)
            #expect(first.text == #"{"result":{"offset":1,"epoch":\#(epoch)}}"#)
            // The base64 of {"x":2}.
            let second = try await post(rig, "publish", #"{"channel":"chat:1","b64data":"eyJ4IjoyfQ=="}"#)
            #expect(second.text == #"{"result":{"offset":2,"epoch":\#(epoch)}}"#)
            let nothing = try await post(rig, "publish", #"{"channel":"chat:1","data":null,"unknown":[1]}"#)
            #expect(nothing.text == #"{"result":{"offset":3,"epoch":\#(epoch)}}"#)
            let history = try await post(rig, "history", #"{"channel":"chat:1","limit":-1}"#)
            #expect(
                history.text == #"{"result":{"publications":[{"data":{"b":1.0, "a":"é"},"offset":1,"tags":{"k":"v"}},"#
                    + #"{"data":{"x":2},"offset":2},{"data":null,"offset":3}],"epoch":\#(epoch),"offset":3}}"#)
        }
    }

    @Test(arguments: [
        (#"{"data":1}"#, 107), (#"{"channel":"chat:1"}"#, 107), (#"{"channel":"a b","data":1}"#, 107),
        (#"{"channel":"nope:1","data":1}"#, 102), (#"{"channel":"session:1","data":1}"#, 103),
        (#"{"channel":"waiting:1","data":1}"#, 103), (#"{"channel":"$presence:1","data":1}"#, 103),
        (#"{"channel":"chat:1","b64data":"e"}"#, 107), (#"{"channel":"chat:1","b64data":"e30"}"#, 107),
        (#"{"channel":"chat:1","b64data":"eyJ4"}"#, 107),
        (#"{"channel":"chat:1","data":1,"idempotency_key":"é"}"#, 107),
    ])
    func publish_whenRefused_hasItsNumber(body: String, code: Int) async throws {
        try await run { rig in
            let reply = try await post(rig, "publish", body)
            #expect(reply.status == 200)
            #expect(reply.json.member("error")?.member("code")?.string == "\(code)")
            let status = [102: 404, 103: 500, 107: 400, 108: 400][code]
            let transport = try await post(rig, "publish", body, ["X-Centrifugo-Error-Mode": "transport"])
            #expect(transport.status == status)
            #expect(transport.member("code") == "\(code)")
        }
    }

    @Test(arguments: [
        "", "{", "[]", "1", #"{"channel":1}"#, #"{"channel":"chat:1","data":}"#, #"{"channel":"chat:1","data":1} x"#,
        #"{"channel":"chat:1","data":1,"tags":{"a":1}}"#, #"{"channel":"chat:1","data":1,"tags":[]}"#,
        #"{"channel":"chat:1","data":1,"skip_history":"yes"}"#,
        "{\"channel\":\"chat:1\",\"data\":\(String(repeating: "[", count: 33))\(String(repeating: "]", count: 33))}",
    ])
    func bodies_thatAreNotTheirMethods_are400(body: String) async throws {
        try await run { rig in
            let reply = try await post(rig, "publish", body)
            // No body is an empty object: what is missing then is the channel.
            #expect(reply.status == (body.isEmpty ? 200 : 400))
            if !body.isEmpty { #expect(reply.field("content-type") == "application/problem+json") }
        }
    }

    @Test func payload_whenAsDeepAsMayBe_isTaken() async throws {
        try await run { rig in
            let deep = String(repeating: "[", count: 32) + String(repeating: "]", count: 32)
            let reply = try await post(
                rig, "batch", #"{"commands":[{"publish":{"channel":"chat:1","data":\#(deep)}}]}"#)
            #expect(reply.text.contains("\"offset\":1"))
        }
    }

    @Test func publish_withAKey_takesEffectOnceAlsoAcrossARestart() async throws {
        let directory = RouteRig.newDirectory()
        let body = #"{"channel":"chat:1","data":{"n":1},"idempotency_key":"m-17"}"#
        let first = try await RouteRig.run(.production(), directory: directory) { rig in
            let first = try await post(rig, "publish", body)
            let again = try await post(rig, "publish", body)
            #expect(again.text == first.text)
            return first.text
        }
        try await RouteRig.run(.production(), directory: directory) { rig in
            let again = try await post(rig, "publish", body)
            #expect(again.text == first)
            let other = try await post(rig, "publish", body.replacing("\"n\":1", with: "\"n\":2"))
            #expect(other.text == #"{"error":{"code":113,"message":"conflict"}}"#)
            let elsewhere = try await post(rig, "publish", body.replacing("chat:1", with: "chat:2"))
            #expect(elsewhere.text.contains("\"offset\":1"))
        }
    }

    @Test func publish_whenEphemeral_hasNoOffset() async throws {
        try await run { rig in
            let bodies = [
                #"{"channel":"typing:1","data":1}"#, #"{"channel":"chat:1","data":1,"skip_history":true}"#,
                #"{"channel":"typing:1","data":1,"idempotency_key":"k"}"#,
                #"{"channel":"typing:1","data":1,"idempotency_key":"k"}"#,
            ]
            for body in bodies {
                let reply = try await post(rig, "publish", body)
                #expect(reply.text == #"{"result":{}}"#)
            }
            let conflict = try await post(rig, "publish", #"{"channel":"typing:1","data":2,"idempotency_key":"k"}"#)
            #expect(conflict.json.member("error")?.member("code")?.string == "113")
            let history = try await post(rig, "history", #"{"channel":"chat:1","limit":10}"#)
            #expect(history.json.member("result")?.member("offset")?.string == "0")
        }
    }

    @Test func broadcast_answersPerChannelInOrder() async throws {
        try await run { rig in
            let body = #"{"channels":["chat:1","nope:1","typing:1","session:1","chat:2","chat:1"],"data":7}"#
            let reply = try await post(rig, "broadcast", body)
            let (one, two) = (try await epoch(rig, "chat:1"), try await epoch(rig, "chat:2"))
            #expect(
                reply.text == #"{"result":{"responses":[{"result":{"offset":1,"epoch":\#(one)}},"#
                    + #"{"error":{"code":102,"message":"unknown channel"}},{"result":{}},"#
                    + #"{"error":{"code":103,"message":"permission denied"}},{"result":{"offset":1,"epoch":\#(two)}},"#
                    + #"{"result":{"offset":2,"epoch":\#(one)}}]}}"#)
            for wrong in [#"{"channels":[],"data":1}"#, #"{"data":1}"#, #"{"channels":["chat:1"]}"#] {
                let refused = try await post(rig, "broadcast", wrong)
                #expect(refused.json.member("error")?.member("code")?.string == "107")
            }
        }
    }

    @Test func broadcast_toMoreThanOneGo_reachesAll() async throws {
        try await run { rig in
            let names = (0..<700).map { "\"chat:\($0)\"" }.joined(separator: ",")
            let reply = try await post(rig, "broadcast", #"{"channels":[\#(names)],"data":7}"#)
            #expect(reply.text.split(separator: "\"offset\":1").count == 701)
            let last = try await post(rig, "history", #"{"channel":"chat:699","limit":1}"#)
            #expect(last.text.contains(#"[{"data":7,"offset":1}]"#))
        }
    }
}
