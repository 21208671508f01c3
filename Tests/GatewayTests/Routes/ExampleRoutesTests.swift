import Foundation
import HTTPTypes
import TestSupport
import Testing

@testable import Gateway

@Suite struct ExampleRoutesTests {
    @Test(arguments: [
        ("/examples/classroom/host.html", "<p>Grüße", "text/html; charset=utf-8"),
        ("/examples/classroom/", "index", "text/html; charset=utf-8"),
        ("/examples/module.js", "export {}", "text/javascript; charset=utf-8"),
        ("/examples/classroom/style.css", "p {}", "text/css; charset=utf-8"),
        ("/examples/icon.svg?v=1", "<svg/>", "image/svg+xml"),
    ])
    func page_thatIsThere_comesWithItsTypeAndItsPolicy(path: String, body: String, type: String) async throws {
        let folder = try Self.folder()
        try await RouteRig.run(Self.configuration(folder)) { rig in
            let reply = try await rig.send(.get, path)
            #expect(reply.status == 200)
            #expect(reply.text == body)
            #expect(reply.field("content-type") == type)
            #expect(reply.field("cache-control") == "no-cache")
            #expect(reply.field("content-security-policy") == "default-src 'self'; connect-src 'self' ws: wss:")
            #expect(reply.field("x-content-type-options") == "nosniff")
        }
    }

    @Test(arguments: [
        "/examples/nothing.html", "/examples/secret.txt", "/examples/classroom", "/examples/classroom/classroom.html",
        "/examples/.hidden.html", "/examples/../outside.html", "/examples/classroom/../../outside.html",
        "/examples/..%2foutside.html", "/examples/%2e%2e/outside.html", "/examples/linked.html",
        "/examples//classroom/host.html", "/examples/./module.js", "/examples/module.js/", "/examples/module.JS",
        "/examples/large.html", "/examples/js", "/examples/a/b/c/d/e.html",
    ])
    func page_thatMustNotBeServed_isNotFound(path: String) async throws {
        let folder = try Self.folder()
        try await RouteRig.run(Self.configuration(folder)) { rig in
            let reply = try await rig.send(.get, path)
            #expect(reply.status == 404)
            #expect(reply.member("code") == "\"not-found\"")
            #expect(!reply.text.contains("outside"))
        }
    }

    @Test func examples_inProduction_areNoRoute() async throws {
        try await RouteRig.run(.production()) { rig in
            #expect(!GatewayRouter(core: rig.core).rows.contains { $0.contains("/examples") })
            let reply = try await rig.send(.get, "/examples/module.js")
            #expect(reply.status == 404)
        }
    }

    @Test func examples_inDevelopment_needNothing() async throws {
        try await RouteRig.run(GatewayConfiguration(examplesDirectory: "examples")) { rig in
            #expect(GatewayRouter(core: rig.core).rows.contains("GET /examples/** nothing"))
        }
    }

    /// Keeps the folder for as long as the body runs.
    private static func configuration(_ folder: TemporaryDirectory) -> GatewayConfiguration {
        GatewayConfiguration(examplesDirectory: folder.entry("examples"))
    }

    private static func folder() throws -> TemporaryDirectory {
        let folder = try TemporaryDirectory(prefix: "anteroom-examples")
        try FileManager.default.createDirectory(
            atPath: folder.entry("examples/classroom/classroom.html"), withIntermediateDirectories: true)
        let large = String(repeating: " ", count: ExampleRoutes.bytesMax + 1)
        let files = [
            "outside.html": "outside", "examples/classroom/host.html": "<p>Grüße",
            "examples/classroom/index.html": "index",
            "examples/module.js": "export {}", "examples/classroom/style.css": "p {}", "examples/icon.svg": "<svg/>",
            "examples/secret.txt": "outside", "examples/.hidden.html": "outside", "examples/large.html": large,
        ]
        for (name, text) in files { try TemporaryDirectory.write(Array(text.utf8), to: folder.entry(name)) }
        try FileManager.default.createSymbolicLink(
            atPath: folder.entry("examples/linked.html"), withDestinationPath: folder.entry("outside.html"))
        return folder
    }
}
