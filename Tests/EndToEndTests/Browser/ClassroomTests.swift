import TestSupport
import Testing

extension ProcessTests {
    /// Promise: people who wait in real browsers lose neither their place nor their name, whatever happens to the server.
    @Suite(.enabled("needs chromium") { Chromium.program != nil })
    struct ClassroomTests {
        /// A morning in class: students come early, the server is killed under them, the class starts, one student reloads,
        /// the class ends and everybody is back in the line.
        @Test func classroom_acrossAKillAStartAReloadAndAnEnd_losesNobody() async throws {
            try await ServerProcess.run { server in
                try await Chromium.run { browser in
                    let host = try await HostPage(browser, port: server.port)
                    let students = try await host.students(["Ada", "Blaise", "Chen"], in: browser)
                    try await students.wait(ofAll: 3)
                    let identities = try await students.identities()
                    #expect(Set(identities).count == 3)
                    try await host.page.waitForText("#count") { $0 == "3" }

                    // Nobody does anything: the pages find their way back by themselves.
                    try await server.kill()
                    for page in students.pages {
                        try await page.waitForText("#notice") { $0.contains("place is kept") }
                    }
                    try await server.start()
                    for page in students.pages { try await page.waitForText("#notice") { $0.isEmpty } }
                    try await students.wait(ofAll: 3)
                    #expect(try await students.identities() == identities)
                    try await host.page.waitForText("#count") { $0 == "3" }

                    let session = try await host.start()
                    for page in students.pages { try await page.waitForText("#live #session-id") { $0 == session } }
                    try await host.page.waitForText("#arrived-count") { $0 == "3" }
                    try await host.say("Open page 12")
                    for page in students.pages { try await page.waitForText("#message") { $0 == "Open page 12" } }

                    try await students.pages[1].reload()
                    try await students.pages[1].waitForText("#message") { $0 == "Open page 12" }
                    #expect(try await students.pages[1].text("#session-id") == session)
                    #expect(try await students.identities() == identities)
                    #expect(try await host.page.text("#arrived-count") == "3")

                    try await host.page.click("#end")
                    for page in students.pages { try await page.waitForText("#place") { $0.hasSuffix("of 3") } }
                    #expect(try await students.identities() == identities)
                    try await host.page.waitForText("#count") { $0 == "3" }
                }
            }
        }
    }
}

/// The page of the host, with a link made.
private struct HostPage {
    let page: BrowserPage
    let link: String

    init(_ browser: Chromium, port: Int) async throws {
        page = try await browser.newPage()
        try await page.open("http://127.0.0.1:\(port)/examples/classroom/host.html")
        try await page.fill("correct horse", into: "#new-code")
        try await page.click("#make-form button")
        link = try await page.waitForText("#student-link") { $0.contains("student.html?hash=") }
        try await page.waitForText("#count") { $0 == "0" }
    }

    /// Lets students come by the link, one after the other.
    func students(_ names: [String], in browser: Chromium) async throws -> Students {
        var pages: [BrowserPage] = []
        for name in names {
            let page = try await browser.newPage()
            try await page.open(link)
            try await page.waitForText("#join") { !$0.isEmpty }
            try await page.fill(name, into: "#name")
            try await page.click("#join-form button")
            try await page.waitForText("#place") { $0.hasPrefix("You are") }
            pages.append(page)
        }
        return Students(pages: pages)
    }

    /// Starts the class and returns the session's id.
    func start() async throws -> String {
        try await page.click("#start")
        return try await page.waitForText("#live #session-id") { !$0.isEmpty }
    }

    func say(_ message: String) async throws {
        try await page.fill(message, into: "#live #message")
        try await page.click("#message-form button")
    }
}

/// The pages of the students, in the order in which they came.
private struct Students {
    private static let ordinals = ["1st", "2nd", "3rd"]

    let pages: [BrowserPage]

    /// Waits until each is told the place that it came for.
    func wait(ofAll count: Int) async throws {
        for (page, ordinal) in zip(pages, Self.ordinals) {
            try await page.waitForText("#place") { $0 == "You are \(ordinal) of \(count)" }
        }
    }

    /// Name and number of each, as the pages show them.
    func identities() async throws -> [String] {
        var found: [String] = []
        for page in pages {
            let number = try await page.waitForText("#own-id") { !$0.isEmpty }
            found.append("\(try await page.text("#own-name")) \(number)")
        }
        return found
    }
}
