import TestSupport
import Testing

extension ProcessTests {
    /// Promise: with a certificate the one port speaks TLS and nothing else; without a usable one nothing starts.
    @Suite struct TLSTests {
        private func curl(_ certificate: TestCertificate, _ arguments: [String]) async throws -> (ProcessExit, String) {
            let child = try ChildProcess(
                "curl", ["-s", "-m", "5", "--cacert", certificate.certificatePath] + arguments)
            return (try await child.waitForExit(), child.standardOutput)
        }

        @Test func node_withACertificate_speaksHTTPSAndWSS() async throws {
            let certificate = try await TestCertificate()
            let server = try ServerProcess(
                environment: ["TLS_CERT_FILE": certificate.certificatePath, "TLS_KEY_FILE": certificate.keyPath])
            try server.launch()
            let address = "https://127.0.0.1:\(server.port)"
            try await eventually(within: .seconds(15), "the node answers over TLS") {
                try await curl(certificate, [address + "/health/ready"]).1.contains("ready")
            }
            let made = try await curl(
                certificate, [address + "/api/publish", "-d", #"{"channel":"tls:1","data":"over TLS"}"#])
            #expect(made.1.contains(#""offset":1"#))
            let socket = try await curl(
                certificate,
                [
                    "-i", "--http1.1", "-m", "1", "-H", "Upgrade: websocket", "-H", "Connection: Upgrade",
                    "-H", "Sec-WebSocket-Version: 13", "-H", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                    address + "/connection/websocket",
                ])
            #expect(socket.1.contains("101 Switching Protocols"))
            #expect(socket.1.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
            let stream = try await curl(
                certificate, ["-N", "-m", "2", "-H", "Last-Event-ID: ", address + "/events/tls:1"])
            #expect(stream.1.contains("retry:"))
            let old = try await curl(certificate, ["--tls-max", "1.1", address + "/health/live"])
            #expect(old.0 != .code(0), "TLS before 1.2 is not spoken")
            let plain = try await curl(certificate, ["http://127.0.0.1:\(server.port)/health/live"])
            #expect(plain.0 != .code(0))
            server.terminate()
            #expect(try await server.waitForExit() == .code(0))
            #expect(server.output.contains("serves on https://"))
        }

        @Test(arguments: ["missing", "swapped", "foreign", "alone"])
        func node_withFilesThatDoNotFit_saysSoInOneSentence(kind: String) async throws {
            let (certificate, other) = (try await TestCertificate(), try await TestCertificate())
            let files: [String: String] =
                switch kind {
                case "missing": ["TLS_CERT_FILE": "/nowhere/certificate.pem", "TLS_KEY_FILE": certificate.keyPath]
                case "swapped":
                    ["TLS_CERT_FILE": certificate.certificatePath, "TLS_KEY_FILE": certificate.certificatePath]
                case "foreign": ["TLS_CERT_FILE": certificate.certificatePath, "TLS_KEY_FILE": other.keyPath]
                default: ["TLS_KEY_FILE": certificate.keyPath]
                }
            let server = try ServerProcess(environment: files)
            try server.launch()
            #expect(try await server.waitForExit() == .code(64))
            let lines = server.standardError.split(separator: "\n")
            #expect(lines.count == 1, "\(server.standardError)")
            #expect(lines.first?.contains("TLS_") == true)
        }
    }
}
