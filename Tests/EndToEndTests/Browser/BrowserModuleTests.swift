import TestSupport
import Testing

extension ProcessTests {
    /// Promise: a page that uses `anteroom.js` misses nothing across a crash, a reload and a change of epochs.
    @Suite(.enabled("needs chromium") { Chromium.program != nil })
    struct BrowserModuleTests {
        @Test func subscription_acrossAKill_getsEachPublicationOnceAndInOrder() async throws {
            try await Self.run { server, page in
                let http = TestHTTP(port: server.port)
                try await page.evaluate(
                    """
                    window.client = new module.Anteroom().connect();
                    window.got = []; window.states = [];
                    window.subscription = client.subscribe("news:1", {
                      onPublication: ({ offset, data }) => got.push([offset, data.n]),
                      onState: ({ state, recovered }) => states.push(recovered === undefined ? state : `${state} ${recovered}`),
                    });
                    """)
                try await page.wait(for: "states.at(-1)", toBe: "subscribed")
                for number in 1...3 { try await Self.publish(number, http) }
                try await page.wait(for: "got.length", toBe: 3)
                try await server.kill()
                try await server.start()
                for number in 4...6 { try await Self.publish(number, TestHTTP(port: server.port)) }
                try await page.wait(for: "got.length", toBe: 6)
                #expect(try await page.evaluate("got") == .array((1...6).map { [.int($0), .int($0)] }))
                #expect(
                    try await page.evaluate("states")
                        == ["subscribing", "subscribed", "subscribing", "subscribed true"])
                #expect(try await page.evaluate("subscription.position.offset") == 6)
            }
        }

        @Test func subscription_sinceAPositionOfAnEarlierPage_getsWhatCameMeanwhile() async throws {
            try await Self.run { server, page in
                let http = TestHTTP(port: server.port)
                try await Self.publish(1, http)
                let history = try await http.post("/api/history", ["channel": "news:1"])
                let epoch = history.json?["result"]?["epoch"] ?? ""
                for number in 2...3 { try await Self.publish(number, http) }
                try await page.evaluate(
                    """
                    window.got = []; window.changes = [];
                    window.client = new module.Anteroom().connect();
                    const on = { onPublication: ({ data }) => got.push(data.n), onState: (change) => changes.push(change) };
                    window.subscription = client.subscribe("news:1", { ...on, since: { epoch: \(epoch.text), offset: 1 } });
                    """)
                try await page.wait(for: "got", toBe: [2, 3])
                try await page.evaluate(
                    """
                    subscription.unsubscribe();
                    client.subscribe("news:1", { ...{ onPublication: () => {}, onState: (change) => changes.push(change) },
                      since: { epoch: "of another life", offset: 1 } });
                    """)
                try await page.wait(for: "changes.at(-1)", toBe: ["state": "subscribed", "recovered": false])
            }
        }

        /// More than one recovery carries, and somebody goes on publishing while the pages are fetched.
        @Test func subscription_thatWasAwayForLong_fetchesPagesAndGoesOnLive() async throws {
            try await Self.run { server, page in
                let http = TestHTTP(port: server.port)
                try await Self.publish(1, http)
                let epoch = try await http.history("news:1").top.epoch
                try await http.publish("news:1", numbers: 2...600)
                try await page.evaluate(
                    """
                    window.got = []; window.changes = [];
                    window.client = new module.Anteroom().connect();
                    window.subscription = client.subscribe("news:1", {
                      onPublication: ({ offset, data }) => got.push(offset === data.n ? offset : -1),
                      onState: (change) => changes.push(change), since: { epoch: \(JSONValue.string(epoch).text), offset: 1 },
                    });
                    """)
                // As many as the channel keeps, at most.
                var last = 600
                while try await page.evaluate("changes.at(-1)?.state === 'subscribed'") != true, last < 980 {
                    try await http.publish("news:1", numbers: last + 1...last + 20)
                    last += 20
                }
                try await Self.publish(last + 1, http)
                try await page.wait(for: "got.at(-1)", toBe: .int(last + 1))
                #expect(try await page.evaluate("got.every((offset, index) => offset === index + 2)") == true)
                #expect(try await page.evaluate("got.length") == .int(last))
                #expect(
                    try await page.evaluate("changes")
                        == [["state": "subscribing"], ["state": "subscribed", "recovered": true]])
            }
        }

        @Test func session_followedAcrossAKill_showsEachDocumentAndItsEnd() async throws {
            try await Self.run { server, page in
                let http = TestHTTP(port: server.port)
                let made = try await http.post("/api/sessions", ["document": ["step": 1, "gone": true]])
                let id = made.json?["id"] ?? ""
                try await page.evaluate(
                    """
                    window.seen = []; window.ending = null;
                    window.session = new module.Anteroom().connect().session(\(id.text));
                    session.follow({
                      onDocument: (document, version) => seen.push([version, document]),
                      onEnd: (reason) => { ending = reason; },
                    });
                    """)
                try await page.wait(for: "seen.length", toBe: 1)
                try await page.evaluate("session.patch({ gone: null, deep: { a: 1 } }, { version: 1 })")
                try await page.wait(for: "seen.length", toBe: 2)
                try await server.kill()
                try await server.start()
                let address = "/api/sessions/\(id.string ?? "")"
                let patch = [("Content-Type", "application/merge-patch+json")]
                _ = try await TestHTTP(port: server.port)
                    .send(.PATCH, address, headers: patch, body: #"{"deep":{"b":2}}"#)
                try await page.wait(for: "seen.length", toBe: 3)
                #expect(
                    try await page.evaluate("seen") == [
                        [1, ["step": 1, "gone": true]], [2, ["step": 1, "deep": ["a": 1]]],
                        [3, ["step": 1, "deep": ["a": 1, "b": 2]]],
                    ])
                let race = "session.patch({}, { version: 1 }).then(() => 0, ({ code }) => code)"
                #expect(try await page.evaluate(race) == 412)
                _ = try await TestHTTP(port: server.port).send(.DELETE, address)
                try await page.wait(for: "ending", toBe: "ended")
            }
        }

        /// Fault A23: after a deploy everybody came back at the same moment.
        @Test func backoff_drawsFromARangeThatDoubles() async throws {
            try await Self.run { _, page in
                let least = try await page.evaluate(
                    "[0, 1, 6, 7, 99].map((attempt) => module.backoff(attempt, () => 0))")
                let most = try await page.evaluate(
                    "[0, 1, 6, 7, 99].map((attempt) => module.backoff(attempt, () => 1))")
                #expect(least == [300, 300, 300, 300, 300])
                #expect(most == [600, 900, 19_500, 20_000, 20_000])
            }
        }

        /// The cases of RFC 7396, appendix A, that a table in another language could get wrong.
        @Test func mergePatch_followsTheRFC() async throws {
            try await Self.run { _, page in
                let cases: [(JSONValue, JSONValue, JSONValue)] = [
                    (["a": "b"], ["a": "c"], ["a": "c"]), (["a": "b"], ["a": nil], [:]),
                    (["a": ["b"]], ["a": "c"], ["a": "c"]),
                    (["a": ["b": "c"]], ["a": ["b": "d", "c": nil]], ["a": ["b": "d"]]), (["a": "b"], ["c"], ["c"]),
                    (["e": nil], ["a": 1], ["e": nil, "a": 1]), ([1, 2], ["a": "b", "c": nil], ["a": "b"]),
                    ([:], ["a": ["bb": ["ccc": nil]]], ["a": ["bb": [:]]]), (["a": "foo"], nil, nil),
                    ([:], ["__proto__": ["x": 1]], ["__proto__": ["x": 1]]),
                ]
                for (target, patch, result) in cases {
                    let call = "JSON.stringify(module.mergePatch(JSON.parse(a), JSON.parse(b)))"
                    let text = try await page.evaluate(
                        "((a, b) => \(call))(\(JSONValue.string(target.text).text), \(JSONValue.string(patch.text).text))"
                    )
                    #expect(try JSONValue(parsing: text.string ?? "") == result, "\(target.text) + \(patch.text)")
                }
            }
        }

        /// A server, and a page of it with the module as `module`.
        private static func run(_ body: (ServerProcess, BrowserPage) async throws -> Void) async throws {
            try await ServerProcess.run { server in
                try await Chromium.run { browser in
                    let page = try await browser.newPage()
                    try await page.open("http://127.0.0.1:\(server.port)/examples/classroom/")
                    try await page.evaluate("import('/examples/anteroom.js').then((it) => { window.module = it; })")
                    try await body(server, page)
                }
            }
        }

        private static func publish(_ number: Int, _ http: TestHTTP) async throws {
            let answer = try await http.post("/api/publish", ["channel": "news:1", "data": ["n": .int(number)]])
            #expect(answer.status == 200)
        }
    }
}

extension BrowserPage {
    /// Waits until an expression has a value.
    func wait(for expression: String, toBe value: JSONValue) async throws {
        var seen = JSONValue.null
        do {
            try await eventually(within: .seconds(30), "\(expression) is \(value.text)") {
                seen = try await evaluate(expression)
                return seen == value
            }
        } catch let error as DeadlinePassed {
            throw DeadlinePassed(what: "\(error.what), but \(seen.text)", limit: error.limit)
        }
    }
}
