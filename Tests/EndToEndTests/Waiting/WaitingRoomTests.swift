import TestSupport
import Testing

extension ProcessTests {
    /// Promise: whoever waits keeps the place, sees the same count on every node, and is taken in the moment it starts.
    @Suite struct WaitingRoomTests {
        /// Faults A2, A5, A21 and A22: a restart is a moment's silence, not the end of the line or of what a teacher chose. What
        /// was acknowledged a moment before is there.
        @Test(arguments: WaitingHome.allCases)
        func line_acrossAKill_keepsPlacesNamesAndTerms(home: WaitingHome) async throws {
            try await WaitingRig.run(home) { rig in
                let room = try await Classroom(on: rig.http(0), policy: "solo-allowed", options: ["n": "3"])
                let waiters = try await rig.waiters(["Ada", "Ben", "Cem"], at: room)
                #expect(waiters.map(\.position) == [1, 2, 3])
                let ids = waiters.map(\.id)
                try await rig.killAndRestart()
                let path = "/api/persistent-session/\(room.hash)"
                for visit in 0..<2 {
                    let link = try await rig.http(visit).get(path, headers: [("Cookie", room.cookie)])
                    #expect(link.json?["entryPolicy"] == "solo-allowed" && link.json?["queryParams"] == ["n": "3"])
                    #expect(link.json?["hasTeacherCookie"] == true, "\(link.body)")
                }
                var back: [Waiter] = []
                for (visit, waiter) in waiters.enumerated().reversed() {
                    let again = try await rig.waiter(waiter.name, at: room, visit: visit + 1, token: waiter.token)
                    back.insert(again, at: 0)
                }
                try await eventually("all know their places") { back.map(\.position) == [1, 2, 3] }
                try await eventually("all know of all") { back.allSatisfy { $0.size == 3 } }
                #expect(back.map(\.id) == ids)
            }
        }

        /// Faults A3, A12 and A15: waiters of all nodes are one line, and two who start at once start one session.
        @Test(arguments: WaitingHome.allCases)
        func startTwiceAtOnce_takesEverybodyIntoOneSession(home: WaitingHome) async throws {
            try await WaitingRig.run(home) { rig in
                let room = try await Classroom(on: rig.http(0))
                let waiters = try await rig.waiters((0..<6).map { "w\($0)" }, at: room)
                try await eventually("the nodes agree") { waiters.allSatisfy { $0.size == 6 } }
                #expect(Set(waiters.map(\.position)) == Set(1...6))
                let teachers = [
                    try await rig.waiter("t0", at: room, visit: 0, role: "teacher"),
                    try await rig.waiter("t1", at: room, visit: 1, role: "teacher"),
                ]
                for teacher in teachers {
                    teacher.say(["type": "verify-teacher-code", "teacherCode": .string(Classroom.code)])
                }
                var sessions: Set<String?> = []
                for teacher in teachers {
                    sessions.insert(try await teacher.wait(for: "teacher-authenticated")["sessionId"]?.string)
                }
                for waiter in waiters {
                    sessions.insert(try await waiter.wait(for: "session-started")["sessionId"]?.string)
                    try await eventually("it is let go") { waiter.end != nil }
                    #expect(waiter.end == SocketEnd(code: 1000, reason: "Session already started"))
                }
                #expect(sessions.count == 1 && sessions.first != nil)
                teachers[1].say(["type": "end-session"])
                for teacher in teachers { _ = try await teacher.wait(for: "session-ended") }
                let again = try await rig.waiter("w0", at: room, visit: 1, token: waiters[0].token)
                #expect(again.position == 1)
            }
        }

        /// Fault A17: five attempts are five attempts, on whichever node, and after a restart.
        @Test(arguments: WaitingHome.allCases)
        func attempts_onAnyNodeAndThroughARestart_areFive(home: WaitingHome) async throws {
            try await WaitingRig.run(home) { rig in
                let room = try await Classroom(on: rig.http(0))
                for visit in 0..<5 {
                    let waiter = try await rig.waiter("w", at: room, visit: visit, role: "teacher")
                    waiter.say(["type": "verify-teacher-code", "teacherCode": "not it, sorry"])
                    #expect(try await waiter.wait(for: "teacher-code-error")["error"] == "Invalid teacher code")
                }
                try await rig.killAndRestart()
                let late = try await rig.waiter("w", at: room, visit: 1, role: "teacher")
                late.say(["type": "verify-teacher-code", "teacherCode": .string(Classroom.code)])
                #expect(try await late.wait(for: "teacher-code-error")["code"] == "too-many-attempts")
                let answer = try await rig.http(0).post(
                    "/api/persistent-session/authenticate",
                    [
                        "activityName": .string(Classroom.activity), "hash": .string(room.hash),
                        "teacherCode": .string(Classroom.code),
                    ])
                #expect(answer.status == 429, "\(answer.body)")
                #expect((1...12).contains(answer.header("Retry-After").flatMap { Int($0) } ?? 0))
            }
        }

        @Test(arguments: WaitingHome.allCases)
        func newerSocket_replacesTheOlder(home: WaitingHome) async throws {
            try await WaitingRig.run(home) { rig in
                let room = try await Classroom(on: rig.http(0))
                let first = try await rig.waiter("Ada", at: room, visit: 0)
                let second = try await rig.waiter("Ada", at: room, visit: 1, token: first.token)
                #expect(second.position == 1)
                try await eventually("the older one is told") { first.end != nil }
                #expect(first.end == SocketEnd(code: 4000, reason: "Replaced by new connection"))
                #expect(second.end == nil && second.id == first.id)
            }
        }

        @Test(arguments: WaitingHome.allCases)
        func placeOfWhoLeftForGood_isGivenUp(home: WaitingHome) async throws {
            try await WaitingRig.run(home, environment: ["WAITING_ROOM_GRACE_MS": "300"]) { rig in
                let room = try await Classroom(on: rig.http(0))
                let first = try await rig.waiter("Ada", at: room, visit: 0)
                let second = try await rig.waiter("Ben", at: room, visit: 1)
                #expect(second.position == 2)
                first.drop()
                try await eventually("Ben moves up") { second.position == 1 && second.size == 1 }
            }
        }

        /// Whoever is gone before the join was answered, or came for another activity, must not stand in the line for ever.
        @Test func placesOfThoseWhoNeverCameIn_areGivenUp() async throws {
            try await ServerProcess.run(environment: ["WAITING_ROOM_GRACE_MS": "300"]) { server in
                let room = try await Classroom(on: TestHTTP(port: server.port))
                for number in 0..<10 { try await Waiter("w\(number)", at: room, port: server.port).drop() }
                let strayed = try await WebSocketConnection.open(
                    port: server.port, path: "/ws/persistent-session?hash=\(room.hash)&activityName=other",
                    onText: { _ in })
                try await eventually("it is sent away") { strayed.end != nil }
                #expect(strayed.end == SocketEnd(code: 1008, reason: "Unknown link"))
                let last = try await Waiter("Ada", at: room, port: server.port)
                _ = try await last.wait(for: "welcome")
                try await eventually("Ada is alone") { last.position == 1 && last.size == 1 }
            }
        }

        @Test(arguments: ["hash=&activityName=quiz", "hash=0123456789abcdef0123", "activityName=quiz", ""])
        func socketWithoutALink_isToldWhy(query: String) async throws {
            try await ServerProcess.run { server in
                let socket = try await WebSocketConnection.open(
                    port: server.port, path: "/ws/persistent-session?\(query)", onText: { _ in })
                try await eventually("it is closed") { socket.end != nil }
                #expect(socket.end == SocketEnd(code: 1008, reason: "Missing hash or activityName"))
            }
        }
    }
}
