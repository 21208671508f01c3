import Foundation

/// A certificate of a test's own for 127.0.0.1 and localhost, signed by itself.
package final class TestCertificate: Sendable {
    private let folder: TemporaryDirectory

    /// The certificate, which is also its only authority.
    package var certificatePath: String { folder.entry("certificate.pem") }
    package var keyPath: String { folder.entry("key.pem") }

    /// Makes it with the `openssl` program.
    package init() async throws {
        folder = try TemporaryDirectory(prefix: "anteroom-certificate")
        let making = try ChildProcess(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                "-keyout", folder.entry("key.pem"), "-out", folder.entry("certificate.pem"),
            ])
        guard try await making.waitForExit() == .code(0) else {
            throw CocoaError(.fileWriteUnknown, userInfo: [NSDebugDescriptionErrorKey: making.output])
        }
    }
}
