import TestSupport
import Testing

extension ProcessTests {
    /// Promise: a node moves into a fleet and out of it again with its links, its lines and what is live.
    @Suite struct WaitingMoveTests {
        /// What a node holds: a room in which one waits, and one that is live.
        private struct Rooms {
            let waiting: Classroom
            let live: Classroom
            let waiter: (token: String?, id: String?)
            let session: String

            init(on port: Int) async throws {
                let http = TestHTTP(port: port)
                (waiting, live) = (try await Classroom(on: http, options: ["n": "3"]), try await Classroom(on: http))
                let ada = try await Waiter("Ada", at: waiting, port: port)
                let ben = try await Waiter("Ben", at: waiting, port: port)
                _ = (try await ada.wait(for: "welcome"), try await ben.wait(for: "welcome"))
                waiter = (ben.token, ben.id)
                let path = "/api/persistent-session/\(live.hash)/start"
                let started = try await http.send(.POST, path, headers: [("Cookie", live.cookie)])
                guard let session = started.json?["sessionId"]?.string else {
                    throw UnexpectedAnswer(request: "start", answer: started)
                }
                self.session = session
            }

            /// Expects all of it on a node; the teacher's browser is known there, too.
            func expect(on port: Int) async throws {
                let (http, path) = (TestHTTP(port: port), "/api/persistent-session/")
                let link = try await http.get(path + waiting.hash, headers: [("Cookie", waiting.cookie)])
                #expect(
                    link.json?["queryParams"] == ["n": "3"] && link.json?["hasTeacherCookie"] == true, "\(link.body)")
                let other = try await http.get(path + live.hash)
                #expect(other.json?["sessionId"] == .string(session), "\(other.body)")
                #expect(try await http.session(session)[0] == 1)
                let ben = try await Waiter("Ben", at: waiting, port: port, token: waiter.token)
                #expect(try await ben.wait(for: "welcome")["position"] == .int(2))
                #expect(ben.id == waiter.id)
            }
        }

        /// Fault A1: "all active sessions will be lost during this transition".
        @Test func nodeThatRanAlone_goesToAFleetAndBack_withItsRooms() async throws {
            let (redis, disk) = (try await RedisServer(), try TemporaryDirectory())
            let kept = ["DRAIN_SECONDS": "0", "WAITING_ROOM_GRACE_MS": "600000"]
            let shared = kept.merging(["REDIS_URL": "redis://127.0.0.1:\(redis.port)", "NODE_LEASE_MS": "1000"]) { $1 }
            let rooms = try await ServerProcess.run(dataDirectory: disk.path, environment: kept) { alone in
                let rooms = try await Rooms(on: alone.port)
                try await stop(alone)
                return rooms
            }
            let one = try ServerProcess(dataDirectory: disk.path, environment: shared)
            let two = try ServerProcess(environment: shared)
            try await during([one, two]) {
                try await one.start()
                try await rooms.expect(on: one.port)
                try await two.start()
                try await rooms.expect(on: two.port)
                try await stop(two)
                try await stop(one)
            }
            try await ServerProcess.run(dataDirectory: disk.path, environment: kept) { alone in
                try await rooms.expect(on: alone.port)
            }
        }

        private func stop(_ server: ServerProcess) async throws {
            server.terminate()
            #expect(try await server.waitForExit() == .code(0))
        }
    }
}
