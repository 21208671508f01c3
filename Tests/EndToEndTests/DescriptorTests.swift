import Foundation
import TestSupport
import Testing

extension ProcessTests {
    /// Row O6: a node whose descriptors are used up serves those it has, and the next ones as soon as some are free.
    @Suite struct DescriptorTests {
        @Test func node_withoutDescriptorsLeft_goesOnAndRecovers() async throws {
            let folder = try TemporaryDirectory(prefix: "anteroom-descriptors")
            let port = try PortAllocator.free()
            let child = try ChildProcess(
                "prlimit", ["--nofile=256", ServerProcess.binary, "serve"],
                environment: ["DATA_DIR": folder.path, "PORT": "\(port)", "HOST": "127.0.0.1"])
            try await Self.waitUntilServed(port)
            let client = ProtocolClient(name: "first")
            try await client.connect(port: port)
            var idle: [RawSocket] = []
            for _ in 0..<400 { idle.append(try await RawSocket.connect(port: port)) }
            try await client.publish("a:1", 1)
            // The deadline of headers frees what those took who say nothing.
            try await Self.waitUntilServed(port)
            try await client.publish("a:1", 2)
            #expect(child.exitStatus == nil)
            #expect(idle.count == 400)
            child.signal(SIGTERM)
            #expect(try await child.waitForExit(within: .seconds(30)) == .code(0))
        }

        private static func waitUntilServed(_ port: Int) async throws {
            try await eventually(within: .seconds(40), "the node on \(port) serves") {
                // Losing the error is safe: not being served is what is waited out.
                let answer = try? await TestHTTP(port: port, deadline: .seconds(2)).get("/health/ready")
                return answer?.status == 200
            }
        }
    }
}
