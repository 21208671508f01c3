import TestSupport
import Testing

extension ProcessTests {
    /// Promise: what went wrong in waiting rooms elsewhere can't here, on one node as on many.
    @Suite struct WaitingFaultTests {
        /// Faults A6 and A14: whoever came to another node was somebody else there; and whoever left stayed subscribed.
        @Test(arguments: WaitingHome.allCases)
        func waiters_whoGoRoundByRoundToTheOtherNode_keepTheirPlacesAndLeaveNothing(home: WaitingHome) async throws {
            try await WaitingRig.run(home) { rig in
                let room = try await Classroom(on: rig.http(0))
                var waiters = try await rig.waiters(["Ada", "Ben", "Cem"], at: room)
                let ids = waiters.map(\.id)
                for round in 1...4 {
                    for index in waiters.indices {
                        waiters[index].drop()
                        waiters[index] = try await rig.waiter(
                            waiters[index].name, at: room, visit: index + round, token: waiters[index].token)
                        #expect(waiters[index].position == index + 1, "round \(round)")
                    }
                }
                #expect(waiters.map(\.id) == ids)
                try await eventually("all know of three") { waiters.allSatisfy { $0.size == 3 } }
                for waiter in waiters { waiter.drop() }
                for visit in 0..<2 {
                    try await eventually("nobody is subscribed any more") {
                        let answer = try await rig.http(visit).post("/api/channels", ["pattern": "waiting:*"])
                        return answer.json?["result"]?["channels"] == [:]
                    }
                }
            }
        }

        /// Faults A10, A11 and A13: what was said while somebody was away was lost, what was said to those who were there came
        /// twice, and on a node that was alone the end was told to nobody.
        @Test(arguments: WaitingHome.allCases)
        func startsAndEnds_areToldOnceEachAndInOrder(home: WaitingHome) async throws {
            try await WaitingRig.run(home) { rig in
                let room = try await Classroom(on: rig.http(0))
                let (channel, path) = ("waiting:" + room.hash, "/api/persistent-session/" + room.hash)
                let clients = [ProtocolClient(name: "here"), ProtocolClient(name: "there")]
                var lookers: [Waiter] = []
                for (visit, client) in clients.enumerated() {
                    try await client.connect(port: rig.port(visit))
                    try await client.subscribe(channel)
                    lookers.append(try await rig.waiter("t\(visit)", at: room, visit: visit, role: "teacher"))
                }
                var sessions: [String?] = []
                for round in 0..<4 {
                    let cookie = [("Cookie", room.cookie)]
                    let started = try await rig.http(round).send(.POST, path + "/start", headers: cookie)
                    sessions.append(started.json?["sessionId"]?.string)
                    try await eventually("all are told of it") {
                        lookers.allSatisfy { $0.count("session-started") == round + 1 }
                    }
                    // One is away for what comes next, and is told of it on the other node.
                    clients[1].disconnect(abruptly: true)
                    let ended = try await rig.http(round + 1).send(.POST, path + "/end", headers: cookie)
                    #expect(started.status == 200 && ended.status == 200, "\(started.body) \(ended.body)")
                    try await eventually("all are told of its end") {
                        lookers.allSatisfy { $0.count("session-ended") == round + 1 }
                    }
                    try await clients[1].connect(port: rig.port(round))
                    #expect(try await clients[1].resubscribe(channel).isRecovered)
                }
                for looker in lookers {
                    #expect(looker.all("session-started").map { $0["sessionId"]?.string } == sessions)
                }
                let told = try await rig.http(0).history(channel)
                for client in clients {
                    try await client.waitForOffset(told.top.offset, of: channel)
                    // What is told of the line may still come.
                    let seen = client.publications(channel).prefix(told.top.offset)
                    #expect(seen.map { $0.offset ?? 0 } == Array(1...told.top.offset))
                    #expect(seen.map { $0.data } == told.publications.map { $0["data"] ?? .null })
                }
                let starts = told.publications.compactMap { $0["data"] }.filter { $0["type"] == "session-started" }
                #expect(starts.map { $0["sessionId"]?.string } == sessions)
            }
        }

        /// Fault A26: what was handed over was known to one node only, and the oldest of a hundred was forgotten.
        @Test(arguments: WaitingHome.allCases)
        func values_leftOnOneNode_areTakenOnTheOther(home: WaitingHome) async throws {
            try await WaitingRig.run(home) { rig in
                let room = try await Classroom(on: rig.http(0))
                let path = "/api/persistent-session/\(room.hash)/entry-participant"
                let nodes = [rig.http(0), rig.http(1)]
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<120 {
                        group.addTask {
                            let (here, there) = (nodes[number % 2], nodes[(number + 1) % 2])
                            let left = try await here.post(path, ["values": ["n": .int(number)]])
                            let token = left.json?["entryParticipantToken"] ?? ""
                            // At once: that the other node may not have come so far is its own affair.
                            let taken = try await there.post(path + "/consume", ["token": token])
                            #expect(
                                taken.status == 200 && taken.json?["values"] == ["n": .int(number)], "\(taken.body)")
                            let again = try await here.post(path + "/consume", ["token": token])
                            #expect(again.status == 404)
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }

        /// Fault A27: anybody sent anything from anywhere, and as many came as liked to.
        @Test(arguments: WaitingHome.allCases)
        func socket_ofAWaitingRoom_hasItsBounds(home: WaitingHome) async throws {
            try await WaitingRig.run(home) { rig in
                let room = try await Classroom(on: rig.http(0))
                let talker = try await rig.waiter("Ada", at: room, visit: 0)
                talker.say(["type": "ping", "filling": .string(String(repeating: "x", count: 5_000))])
                try await eventually("it is told that this is too much") { talker.end != nil }
                #expect(talker.end?.code == 1009)
                await #expect(throws: UpgradeRefused.self) {
                    _ = try await Waiter(
                        "Eve", at: room, port: rig.port(1), headers: [("Origin", "https://evil.example")])
                }
                let bounded = try await rig.http(1)
                    .post("/api/waiting-rooms/\(room.hash)/capacity", ["places": 2])
                #expect(bounded.status == 200, "\(bounded.body)")
                let second = try await rig.waiter("Ben", at: room, visit: 1)
                let third = try await Waiter("Cem", at: room, port: rig.port(0))
                try await eventually("there is no third place") { third.end != nil }
                #expect(third.end?.code == 1008 && second.end == nil)
                let back = try await rig.waiter("Ada", at: room, visit: 1, token: talker.token)
                #expect(back.position == 1, "a place that is held is no new one")
            }
        }

        /// Fault A23: a deploy dropped everybody. Here each is told to come back, and finds the place.
        @Test(arguments: WaitingHome.allCases)
        func stop_whileManyWait_tellsEachToComeBack(home: WaitingHome) async throws {
            try await WaitingRig.run(home, environment: ["DRAIN_SECONDS": "2"]) { rig in
                let room = try await Classroom(on: rig.http(0))
                let waiters = try await rig.waiters((0..<30).map { "w\($0)" }, at: room)
                #expect(try await rig.stop().allSatisfy { $0 == .code(0) })
                for waiter in waiters { #expect(waiter.end?.code == 3001) }
                try await rig.comeBack()
                let last = try await rig.waiter("w29", at: room, visit: 0, token: waiters[29].token)
                #expect(last.position == 30)
            }
        }
    }
}
