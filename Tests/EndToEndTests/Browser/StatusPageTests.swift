import TestSupport
import Testing

extension ProcessTests {
    /// Promise: `/status` shows a person what `/api/status` says, and nothing to whoever has no key.
    @Suite(.enabled("needs chromium") { Chromium.program != nil })
    struct StatusPageTests {
        private static let production = [
            "ENVIRONMENT": "production", "API_KEY": "api-key-of-the-status-page-0123456789",
            "JWT_SECRET": "jwt-secret-of-the-status-page-0123456789",
            "PERSISTENT_SESSION_SECRET": "link-secret-of-the-status-page-0123456789",
        ]

        @Test func page_showsNumbers_andNoticesTheEndOfTheServer() async throws {
            try await ServerProcess.run { server in
                let id = try await TestHTTP(port: server.port).createSession(["n": 1])
                try await Chromium.run { browser in
                    let page = try await browser.newPage()
                    try await page.open("http://127.0.0.1:\(server.port)/status")
                    try await page.waitForText("#state") { $0.hasPrefix("well") }
                    #expect(try await page.text("#rows").contains(id))
                    let groups = try await page.text("#groups")
                    for word in ["Connections", "Process", "Journal", "sqlite"] { #expect(groups.contains(word)) }
                    try await server.kill()
                    try await page.waitForText("#state") { $0 == "the server does not answer" }
                }
            }
        }

        @Test func page_inProduction_asksForTheKey() async throws {
            try await ServerProcess.run(environment: Self.production) { server in
                try await Chromium.run { browser in
                    let page = try await browser.newPage()
                    try await page.open("http://127.0.0.1:\(server.port)/status")
                    try await page.waitForText("#state") { $0 == "needs the API key" }
                    #expect(try await page.text("#groups").isEmpty)
                    try await page.fill(Self.production["API_KEY"] ?? "", into: "#key")
                    try await page.click("#ask button")
                    try await page.waitForText("#state") { $0.hasPrefix("well") }
                    #expect(try await page.evaluate("document.querySelector('#ask').checkVisibility()") == false)
                }
            }
        }
    }
}
