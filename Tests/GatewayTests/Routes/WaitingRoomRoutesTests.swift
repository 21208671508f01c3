import HTTPTypes
import JSONBytes
import Store
import Testing

@testable import Gateway

@Suite struct WaitingRoomRoutesTests {
    private static let verbs = ["admit", "pause", "resume", "close", "open", "capacity", "start", "end"]

    @Test func requests_withoutTheKey_are401() async throws {
        try await RouteRig.run(.links()) { rig in
            let link = try await rig.makeLink()
            #expect(try await rig.send(.get, WaitingRoomRoutes.path, "", link.teacher).status == 401)
            #expect(try await rig.send(.get, link.room).status == 401)
            #expect(try await rig.send(.delete, link.room).status == 401)
            for verb in Self.verbs { #expect(try await rig.send(.post, "\(link.room)/\(verb)").status == 401) }
            let token = try RouteRig.token(Identity(user: "ann"))
            #expect(try await rig.send(.get, link.room, "", token).status == 403)
        }
    }

    @Test func requests_forNoRoom_are404() async throws {
        try await RouteRig.run(.links()) { rig in
            let none = WaitingRoomRoutes.path + "/0a1b2c3d9144f57e88f5"
            let read = try await rig.send(.get, none, "", RouteRig.key)
            #expect(read.member("code") == #""room-not-found""#)
            #expect(read.status == 404)
            #expect(try await rig.send(.delete, none, "", RouteRig.key).status == 404)
            for verb in Self.verbs {
                #expect(try await rig.send(.post, "\(none)/\(verb)", "{}", RouteRig.key).status == 404)
            }
        }
    }

    @Test func room_isShownWithNumbersAndWithoutNames() async throws {
        try await RouteRig.run(.links()) { rig in
            let link = try await rig.makeLink()
            _ = try await rig.rooms.apply(rig.rooms.join(hash: link.hash, waiter: "w1", name: "Ann"))
            let reply = try await rig.send(.get, link.room, "", RouteRig.key)
            #expect(
                reply.text == #"{"hash":"\#(link.hash)","activity":"raffle","entryPolicy":"instructor-required","#
                    + #""state":"waiting","sessionId":null,"waiting":1,"admitted":0,"paused":false,"closed":false,"#
                    + #""capacity":null,"estimateMs":null}"#)
        }
    }

    @Test func list_pagesInTheOrderOfHashes() async throws {
        try await RouteRig.run(.links()) { rig in
            var made: Set<String> = []
            for _ in 1...3 { made.insert(try await rig.makeLink().hash) }
            var (seen, after): ([String], String) = ([], "")
            while seen.count < 10 {
                let page = try await rig.send(
                    .get, "\(WaitingRoomRoutes.path)?limit=1&after=\(after)", "", RouteRig.key)
                guard page.member("next") != nil else { break }
                after = page.text("next")
                seen.append(after)
            }
            #expect(seen == made.sorted())
            #expect(try await rig.send(.get, WaitingRoomRoutes.path + "?limit=0", "", RouteRig.key).status == 400)
        }
    }

    @Test func admit_whenLiveAndPaused_letsTheFirstIn() async throws {
        try await RouteRig.run(.links()) { rig in
            let link = try await rig.makeLink()
            for waiter in ["w1", "w2", "w3"] {
                _ = try await rig.rooms.apply(rig.rooms.join(hash: link.hash, waiter: waiter, name: nil))
            }
            let early = try await rig.send(.post, link.room + "/admit", #"{"count":1}"#, RouteRig.key)
            #expect(early.member("code") == #""nobody-to-admit""#)
            #expect(try await rig.send(.post, link.room + "/pause", "", RouteRig.key).member("paused") == "true")
            let live = try await rig.send(.post, link.room + "/start", "", RouteRig.key)
            #expect(live.member("state") == #""live""#)
            #expect(live.member("waiting") == "3")
            let admitted = try await rig.send(.post, link.room + "/admit", #"{"count":2}"#, RouteRig.key)
            #expect(admitted.member("admitted") == "2")
            #expect(admitted.member("waiting") == "1")
            #expect(try await rig.room(link.hash)?.line.place(of: "w3") != nil)
            let open = try await rig.send(.post, link.room + "/resume", "", RouteRig.key)
            #expect(open.member("waiting") == "0")
        }
    }

    @Test func start_isTheTeachersSession_andEndLetsTheRoomWait() async throws {
        try await RouteRig.run(.links()) { rig in
            let link = try await rig.makeLink()
            let started = try await rig.send(.post, link.path + "/start", "", link.teacher)
            let again = try await rig.send(.post, link.room + "/start", "", RouteRig.key)
            #expect(again.text("sessionId") == started.text("sessionId"))
            for _ in 1...2 {
                let ended = try await rig.send(.post, link.room + "/end", "", RouteRig.key)
                #expect(ended.status == 200)
                #expect(ended.member("state") == #""waiting""#)
            }
        }
    }

    @Test func line_whenClosedOrFull_takesNobodyNew() async throws {
        try await RouteRig.run(.links()) { rig in
            let link = try await rig.makeLink()
            func join(_ waiter: String) async throws -> Bool {
                try await rig.rooms.apply(rig.rooms.join(hash: link.hash, waiter: waiter, name: nil)).receipt != nil
            }
            let bounded = try await rig.send(.post, link.room + "/capacity", #"{"places":1}"#, RouteRig.key)
            #expect(bounded.member("capacity") == "1")
            #expect(try await join("w1"))
            #expect(try await join("w2") == false)
            let unbounded = try await rig.send(.post, link.room + "/capacity", #"{"places":null}"#, RouteRig.key)
            #expect(unbounded.member("capacity") == "null")
            #expect(try await join("w2"))
            #expect(try await rig.send(.post, link.room + "/close", "", RouteRig.key).member("closed") == "true")
            #expect(try await join("w3") == false)
            #expect(try await rig.send(.post, link.room + "/open", "", RouteRig.key).member("closed") == "false")
            #expect(try await join("w3"))
        }
    }

    @Test(arguments: [
        ("admit", #"{"count":0}"#), ("admit", #"{"count":20001}"#), ("admit", #"{"count":"1"}"#), ("admit", "{}"),
        ("admit", "["), ("capacity", ""), ("capacity", #"{"places":-1}"#), ("capacity", #"{"places":20001}"#),
        ("capacity", "{}"),
    ])
    func body_whenWrong_is400(verb: String, body: String) async throws {
        try await RouteRig.run(.links()) { rig in
            let link = try await rig.makeLink()
            #expect(try await rig.send(.post, "\(link.room)/\(verb)", body, RouteRig.key).status == 400)
        }
    }

    @Test func delete_takesTheLinkBack() async throws {
        try await RouteRig.run(.links()) { rig in
            let link = try await rig.makeLink()
            #expect(try await rig.send(.delete, link.room, "", RouteRig.key).status == 204)
            #expect(try await rig.send(.get, link.path).status == 404)
        }
    }
}
