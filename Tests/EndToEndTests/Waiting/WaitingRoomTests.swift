import TestSupport
import Testing

extension ProcessTests {
    /// Promise: whoever waits keeps the place, sees the same count on every node, and is taken in the moment it starts.
    @Suite struct WaitingRoomTests {
        private static let attempts = 5
        private static let secret = ["PERSISTENT_SESSION_SECRET": "a secret that every node of this test knows, 1"]

        /// Faults A2 and A5: a restart is a moment's silence, not the end of the line.
        @Test func line_acrossAKill_keepsPlacesAndNames() async throws {
            try await ServerProcess.run(environment: Self.secret) { server in
                let room = try await Classroom(on: TestHTTP(port: server.port))
                var waiters: [Waiter] = []
                for name in ["Ada", "Ben", "Cem"] {
                    let waiter = try await Waiter(name, at: room, port: server.port)
                    _ = try await waiter.wait(for: "welcome")
                    waiters.append(waiter)
                }
                try await eventually("all know of all") { waiters.allSatisfy { $0.size == 3 } }
                #expect(waiters.map(\.position) == [1, 2, 3])
                let ids = waiters.map(\.id)
                try await server.kill()
                try await server.start()
                var back: [Waiter] = []
                for waiter in waiters.reversed() {
                    let again = try await Waiter(waiter.name, at: room, port: server.port, token: waiter.token)
                    _ = try await again.wait(for: "welcome")
                    back.insert(again, at: 0)
                }
                try await eventually("all know their places") { back.map(\.position) == [1, 2, 3] }
                #expect(back.map(\.id) == ids)
            }
        }

        /// Faults A3, A12 and A15: waiters of both nodes are one line, and two who start at once start one session.
        @Test func startOnTwoNodesAtOnce_takesEverybodyIntoOneSession() async throws {
            try await FleetRig.run(environment: Self.secret) { rig in
                let room = try await Classroom(on: rig.a.http)
                var waiters: [Waiter] = []
                for number in 0..<6 {
                    let waiter = try await Waiter("w\(number)", at: room, port: rig.ports[number % 2])
                    _ = try await waiter.wait(for: "welcome")
                    waiters.append(waiter)
                }
                try await eventually("the nodes agree") { waiters.allSatisfy { $0.size == 6 } }
                #expect(Set(waiters.map(\.position)) == Set(1...6))
                let teachers = [
                    try await Waiter("t0", at: room, port: rig.a.port, role: "teacher"),
                    try await Waiter("t1", at: room, port: rig.b.port, role: "teacher"),
                ]
                for teacher in teachers { _ = try await teacher.wait(for: "welcome") }
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
                let again = try await Waiter("w0", at: room, port: rig.b.port, token: waiters[0].token)
                #expect(try await again.wait(for: "welcome")["position"] == .int(1))
            }
        }

        /// Fault A17: five attempts are five attempts, on whichever node, and after a restart.
        @Test func attempts_onAnyNodeAndThroughARestart_areFive() async throws {
            try await FleetRig.run(environment: Self.secret) { rig in
                let room = try await Classroom(on: rig.a.http)
                for number in 0..<5 {
                    let waiter = try await Waiter("w", at: room, port: rig.ports[number % 2], role: "teacher")
                    _ = try await waiter.wait(for: "welcome")
                    waiter.say(["type": "verify-teacher-code", "teacherCode": "not it, sorry"])
                    #expect(try await waiter.wait(for: "teacher-code-error")["error"] == "Invalid teacher code")
                }
                try await rig.b.kill()
                try await rig.b.startAgain(hasEmptyDisk: true)
                let late = try await Waiter("w", at: room, port: rig.b.port, role: "teacher")
                _ = try await late.wait(for: "welcome")
                late.say(["type": "verify-teacher-code", "teacherCode": .string(Classroom.code)])
                #expect(try await late.wait(for: "teacher-code-error")["code"] == "too-many-attempts")
                let answer = try await rig.a.http.post(
                    "/api/persistent-session/authenticate",
                    [
                        "activityName": .string(Classroom.activity), "hash": .string(room.hash),
                        "teacherCode": .string(Classroom.code),
                    ])
                #expect(answer.status == 429, "\(answer.body)")
            }
        }

        @Test func newerSocket_replacesTheOlder() async throws {
            try await ServerProcess.run(environment: Self.secret) { server in
                let room = try await Classroom(on: TestHTTP(port: server.port))
                let first = try await Waiter("Ada", at: room, port: server.port)
                _ = try await first.wait(for: "welcome")
                let second = try await Waiter("Ada", at: room, port: server.port, token: first.token)
                #expect(try await second.wait(for: "welcome")["position"] == .int(1))
                try await eventually("the older one is told") { first.end != nil }
                #expect(first.end == SocketEnd(code: 4000, reason: "Replaced by new connection"))
                #expect(second.end == nil && second.id == first.id)
            }
        }

        @Test func placeOfWhoLeftForGood_isGivenUp() async throws {
            let grace = ["WAITING_ROOM_GRACE_MS": "300"]
            try await ServerProcess.run(environment: Self.secret.merging(grace) { $1 }) { server in
                let room = try await Classroom(on: TestHTTP(port: server.port))
                let first = try await Waiter("Ada", at: room, port: server.port)
                _ = try await first.wait(for: "welcome")
                let second = try await Waiter("Ben", at: room, port: server.port)
                #expect(try await second.wait(for: "welcome")["position"] == .int(2))
                first.drop()
                try await eventually("Ben moves up") { second.position == 1 && second.size == 1 }
            }
        }

        /// Whoever is gone before the join was answered, or came for another activity, must not stand in the line for ever.
        @Test func placesOfThoseWhoNeverCameIn_areGivenUp() async throws {
            let grace = ["WAITING_ROOM_GRACE_MS": "300"]
            try await ServerProcess.run(environment: Self.secret.merging(grace) { $1 }) { server in
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
            try await ServerProcess.run(environment: Self.secret) { server in
                var end: SocketEnd?
                // A client may lose a close that comes in the same segment as the answer to its handshake, and asks again.
                for _ in 0..<Self.attempts where end?.code == nil {
                    let socket = try await WebSocketConnection.open(
                        port: server.port, path: "/ws/persistent-session?\(query)", onText: { _ in })
                    try await eventually("it is closed") { socket.end != nil }
                    end = socket.end
                }
                #expect(end == SocketEnd(code: 1008, reason: "Missing hash or activityName"))
            }
        }
    }
}
