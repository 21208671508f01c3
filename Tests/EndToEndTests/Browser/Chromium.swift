import Foundation
import Synchronization
import TestSupport

/// A headless Chromium, driven over its DevTools protocol.
///
/// - Guarantee: `Chromium.run` ends it and removes its profile whatever happens in between.
/// - Isolation: safe from everywhere.
/// - Source: Chrome DevTools Protocol, domains Target, Page and Runtime; sessions are flat, all over one WebSocket.
final class Chromium: Sendable {
    private let profile: TemporaryDirectory
    private let process: ChildProcess
    private let socket: WebSocketConnection
    private let answers: DevToolsAnswers

    /// The time for a start on a busy machine, and for one answer.
    private static let startLimit = Duration.seconds(30)
    static let answerLimit = Duration.seconds(15)

    /// The program, or nil where there is none: `ANTEROOM_CHROMIUM`, or the first of the usual names on the `PATH`.
    static let program: String? = {
        let environment = ProcessInfo.processInfo.environment
        if let given = environment["ANTEROOM_CHROMIUM"] { return given }
        let folders = (environment["PATH"] ?? "").split(separator: ":")
        return ["chromium", "chromium-browser", "google-chrome"].flatMap { name in folders.map { "\($0)/\(name)" } }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    /// Runs a body beside a started browser.
    static func run<Result>(
        isolation: isolated (any Actor)? = #isolation, _ body: (Chromium) async throws -> Result
    ) async throws -> Result {
        let browser = try await Chromium()
        do {
            let result = try await body(browser)
            try await browser.close()
            return result
        } catch {
            // Losing the error is safe: the first one tells more, and dropping the child kills it as well.
            try? await browser.close()
            throw error
        }
    }

    private init() async throws {
        let profile = try TemporaryDirectory(prefix: "anteroom-chromium")
        self.profile = profile
        // Without a sandbox, because tests may run as root; the pages are our own.
        let arguments = [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--remote-debugging-port=0",
            "--user-data-dir=\(profile.path)", "about:blank",
        ]
        process = try ChildProcess(Self.program ?? "chromium", arguments)
        let address = try await Self.address(below: profile, of: process)
        let answers = DevToolsAnswers()
        self.answers = answers
        socket = try await WebSocketConnection.open(
            port: address.port, path: address.path, onText: { answers.take($0) }, onEnd: { _ in answers.end() })
    }

    /// Where it listens: it writes port and path into its profile, the second line last.
    private static func address(
        below profile: TemporaryDirectory, of process: ChildProcess
    ) async throws -> (port: Int, path: String) {
        try await eventuallySome(within: startLimit, "start of the browser; it wrote: \(process.output)") {
            if let status = process.exitStatus { throw BrowserFailure("ended with \(status): \(process.output)") }
            // Losing the error is safe: the file isn't there yet.
            let text = try? String(contentsOfFile: profile.entry("DevToolsActivePort"), encoding: .utf8)
            let lines = (text ?? "").split(separator: "\n")
            guard lines.count == 2, let port = Int(lines[0]) else { return nil }
            return (port, String(lines[1]))
        }
    }

    /// Opens a page that shares cookies and storage with no other.
    func newPage() async throws -> BrowserPage {
        let context = try await send("Target.createBrowserContext")["browserContextId"] ?? ""
        let made = try await send("Target.createTarget", ["url": "about:blank", "browserContextId": context])
        let attached = try await send(
            "Target.attachToTarget", ["targetId": made["targetId"] ?? "", "flatten": true])
        let page = BrowserPage(browser: self, session: attached["sessionId"]?.string ?? "")
        try await page.send("Page.enable")
        return page
    }

    /// Sends a command and waits for its result.
    ///
    /// Errors: ``BrowserFailure`` with the browser's words; `DeadlinePassed`.
    @discardableResult
    func send(_ method: String, _ parameters: JSONValue = [:], session: String? = nil) async throws -> JSONValue {
        let id = answers.nextID()
        var command: [String: JSONValue] = ["id": .int(id), "method": .string(method), "params": parameters]
        if let session { command["sessionId"] = .string(session) }
        socket.send(JSONValue.object(command).text)
        let answer = try await eventuallySome(within: Self.answerLimit, "answer to \(method) \(parameters.text)") {
            try answers.remove(id)
        }
        if let error = answer["error"] { throw BrowserFailure("\(method): \(error.text)") }
        return answer["result"] ?? [:]
    }

    private func close() async throws {
        socket.send(JSONValue.object(["id": .int(answers.nextID()), "method": "Browser.close"]).text)
        do { _ = try await process.waitForExit() } catch {
            process.signal(SIGKILL)
            throw error
        }
    }
}

/// The browser refused a command, a page threw, or the browser is gone.
struct BrowserFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// The answers that came and weren't taken yet.
private final class DevToolsAnswers: Sendable {
    private struct Inbox {
        var lastID = 0
        var answers: [Int: JSONValue] = [:]
        var isOver = false
    }

    private let inbox = Mutex(Inbox())

    func nextID() -> Int {
        inbox.withLock { inbox in
            inbox.lastID += 1
            return inbox.lastID
        }
    }

    /// Keeps an answer; events, which have no id, are of no interest.
    func take(_ text: String) {
        // Losing the error is safe: whoever waits for this answer says so when the time is over.
        guard let message = try? JSONValue(parsing: text), let id = message["id"]?.int else { return }
        inbox.withLock { $0.answers[id] = message }
    }

    func end() { inbox.withLock { $0.isOver = true } }

    func remove(_ id: Int) throws -> JSONValue? {
        try inbox.withLock { inbox in
            if let answer = inbox.answers.removeValue(forKey: id) { return answer }
            if inbox.isOver { throw BrowserFailure("the connection to the browser ended") }
            return nil
        }
    }
}
