import TestSupport

/// One page of a browser, used as a person would: it is looked at, filled in and clicked.
struct BrowserPage: Sendable {
    let browser: Chromium
    let session: String

    @discardableResult
    func send(_ method: String, _ parameters: JSONValue = [:]) async throws -> JSONValue {
        try await browser.send(method, parameters, session: session)
    }

    /// Goes to an address and waits until the document is there.
    func open(_ address: String) async throws {
        let answer = try await send("Page.navigate", ["url": .string(address)])
        if let error = answer["errorText"]?.string { throw BrowserFailure("\(address): \(error)") }
        try await waitForDocument()
    }

    /// Loads the page anew and waits for the new document.
    func reload() async throws {
        try await evaluate("window.isOfThePast = true")
        try await send("Page.reload")
        try await waitUntil("a new document") { try await evaluate("window.isOfThePast !== true") == true }
        try await waitForDocument()
    }

    private func waitForDocument() async throws {
        try await waitUntil("a whole document") { try await evaluate("document.readyState") == "complete" }
    }

    /// The value of an expression of JavaScript; a promise is waited for.
    @discardableResult
    func evaluate(_ expression: String) async throws -> JSONValue {
        let answer = try await send(
            "Runtime.evaluate", ["expression": .string(expression), "returnByValue": true, "awaitPromise": true])
        if let thrown = answer["exceptionDetails"] { throw BrowserFailure("\(expression): \(thrown.text)") }
        return answer["result"]?["value"] ?? .null
    }

    /// The text that a person sees at an element; "" when it is hidden or absent.
    func text(_ selector: String) async throws -> String {
        let value = try await evaluate("document.querySelector(\(Self.literal(selector)))?.innerText ?? ''")
        return value.string ?? ""
    }

    /// Fills a field.
    ///
    /// Not by key strokes: they need the focus, which only one of several pages has, and are lost without a word.
    func fill(_ text: String, into selector: String) async throws {
        let field = "document.querySelector(\(Self.literal(selector)))"
        try await evaluate("\(field).value = \(Self.literal(text))")
        try await evaluate("\(field).dispatchEvent(new Event('input', { bubbles: true }))")
    }

    /// Clicks an element that is visible and ready.
    func click(_ selector: String) async throws {
        let element = "document.querySelector(\(Self.literal(selector)))"
        try await waitUntil("\(selector) can be clicked") {
            try await evaluate("!!\(element) && \(element).checkVisibility() && !\(element).disabled") == true
        }
        try await evaluate("\(element).click()")
    }

    /// Waits until an element shows a text that satisfies the condition, and returns it.
    @discardableResult
    func waitForText(
        _ selector: String, within limit: Duration = .seconds(30), _ isRight: (String) -> Bool
    ) async throws -> String {
        var seen = ""
        do {
            try await eventually(within: limit, "text of \(selector)") {
                seen = try await text(selector)
                return isRight(seen)
            }
        } catch let error as DeadlinePassed {
            throw DeadlinePassed(what: "\(error.what), which was \"\(seen)\"; page: \(try await whole)", limit: limit)
        }
        return seen
    }

    private var whole: String { get async throws { try await text("body") } }

    private func waitUntil(_ what: String, _ condition: () async throws -> Bool) async throws {
        try await eventually(within: Chromium.answerLimit, what) {
            // Between two documents there is no context to evaluate in: that is not the failure that is looked for.
            do { return try await condition() } catch is BrowserFailure { return false }
        }
    }

    /// A text as a literal of JavaScript.
    private static func literal(_ text: String) -> String { JSONValue.string(text).text }
}
