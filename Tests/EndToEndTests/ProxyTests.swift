import Foundation
import TestSupport
import Testing

extension ProcessTests {
    /// Promise: `deploy/nginx.conf` carries WebSockets, event streams and writes to whichever node is there.
    @Suite struct ProxyTests {
        private static let nginx = ["/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx"].first {
            FileManager.default.isExecutableFile(atPath: $0)
        }
        private static let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "deploy/nginx.conf")

        /// Runs the committed configuration on ports of the test's own, in front of a node and of a port that is dead.
        private func start(port: Int, node: Int, in folder: TemporaryDirectory) async throws -> ChildProcess {
            let text = try String(contentsOf: Self.file, encoding: .utf8)
                .replacing("/tmp/anteroom-nginx", with: folder.entry("nginx"))
                .replacing("127.0.0.1:8080", with: "127.0.0.1:\(port)")
                .replacing("127.0.0.1:3000", with: "127.0.0.1:\(node)")
                .replacing("127.0.0.1:3001", with: "127.0.0.1:\(try PortAllocator.free())")
            try text.write(toFile: folder.entry("nginx.conf"), atomically: true, encoding: .utf8)
            let child = try ChildProcess(
                try #require(Self.nginx),
                ["-p", folder.path, "-c", folder.entry("nginx.conf"), "-g", "daemon off; master_process off;"])
            let http = TestHTTP(port: port)
            try await eventually("nginx answers") {
                try #require(child.exitStatus == nil, "nginx ended: \(child.output)")
                // Losing the error is safe: not answering is the normal state of a server that is starting.
                let answer = try? await http.get("/health/live")
                return answer?.status == 200
            }
            return child
        }

        @Test(.enabled(if: nginx != nil))
        func proxy_inFrontOfANodeAndADeadOne_carriesSocketsStreamsAndWrites() async throws {
            let folder = try TemporaryDirectory(prefix: "anteroom-nginx")
            try await ServerProcess.run { server in
                let port = try PortAllocator.free()
                let proxy = try await start(port: port, node: server.port, in: folder)
                let http = TestHTTP(port: port)
                let client = ProtocolClient(name: "behind nginx")
                try await client.connect(port: port, headers: [("Origin", "http://127.0.0.1:\(port)")])
                _ = try await client.subscribe("proxy:1")
                let stream = try await SSEClient.open(port: port, path: "/events/proxy:1")
                for number in 1...4 {
                    let answer = try await http.post(
                        "/api/publish", ["channel": "proxy:1", "data": ["number": .int(number)]])
                    #expect(answer.status == 200, "a write whose node can't be reached goes to the other one")
                }
                try await client.waitForOffset(4, of: "proxy:1")
                try await eventually("the stream has all four") { stream.events.filter { !$0.data.isEmpty }.count >= 4 }
                let created = try await http.post("/api/sessions", ["document": ["n": 1]])
                let path = "/api/sessions/" + (try #require(created.json?["id"]?.string))
                // Sent once only: a dead node is an error for these, until nginx leaves it alone.
                try await eventually("a put arrives with its body") {
                    try await http.send(.PUT, path, body: #"{"n":2}"#).status == 200
                }
                #expect(try await http.get(path).json?["document"] == ["n": 2])
                stream.close()
                client.disconnect()
                proxy.signal(SIGQUIT)
                _ = try await proxy.waitForExit()
            }
        }
    }
}
