import TestSupport
import Testing

extension ProcessTests {
    /// Promise: what a browser does by itself, without a script of ours, misses nothing across repeated cuts.
    @Suite(.enabled("needs chromium") { Chromium.program != nil })
    struct BrowserStreamTests {
        private static let channel = "news:1"

        /// `new EventSource` comes back by itself and shows its last id: no line of the page knows of the cuts.
        @Test func eventSource_acrossFiveCuts_hasNoGap() async throws {
            try await Self.run { cuts, page in
                try await page.evaluate(
                    """
                    window.got = []; window.refused = []; window.ids = [];
                    window.source = new EventSource("/events/\(Self.channel)");
                    source.onmessage = ({ data, lastEventId }) => { got.push(JSON.parse(data).n); ids.push(lastEventId); };
                    source.addEventListener("not-recovered", ({ data }) => refused.push(data));
                    """)
                try await page.wait(for: "source.readyState", toBe: 1)
                try await cuts.endure(page)
                #expect(try await page.evaluate("got") == .array((1...cuts.published).map { .int($0) }))
                #expect(try await page.evaluate("refused") == [])
                #expect(try await page.evaluate("new Set(ids.map((id) => id.split(':')[0])).size") == 1)
            }
        }

        /// The page of the README: a plain WebSocket that comes back with its position.
        @Test func plainSocket_thatShowsItsPosition_hasNoGapAcrossFiveCuts() async throws {
            try await Self.run { cuts, page in
                try await page.evaluate(
                    """
                    window.got = []; window.refused = []; window.since = "";
                    window.open = () => {
                      const socket = new WebSocket(`ws://${location.host}/ws/news/1?envelope=1${since}`);
                      socket.onmessage = ({ data }) => {
                        const message = JSON.parse(data);
                        if (message.type === "not-recovered") refused.push(message);
                        if (message.epoch) since = `&since=${message.epoch}:${message.offset}`;
                        if ("data" in message) got.push(message.data.n);
                      };
                      socket.onclose = () => setTimeout(open, 500);
                      window.socket = socket;
                    };
                    open();
                    """)
                try await page.wait(for: "since !== ''", toBe: true)
                try await cuts.endure(page)
                #expect(try await page.evaluate("got") == .array((1...cuts.published).map { .int($0) }))
                #expect(try await page.evaluate("refused") == [])
                // And a page speaks, too.
                try await page.wait(for: "socket.readyState", toBe: 1)
                try await page.evaluate("socket.send(JSON.stringify({ n: \(cuts.published + 1) }))")
                try await page.wait(for: "got.at(-1)", toBe: .int(cuts.published + 1))
            }
        }

        /// A server behind a proxy that can cut, and a page of it.
        private static func run(_ body: (Cuts, BrowserPage) async throws -> Void) async throws {
            try await ServerProcess.run { server in
                let proxy = try await FaultProxy(to: server.port)
                try await Chromium.run { browser in
                    let page = try await browser.newPage()
                    try await page.open("http://127.0.0.1:\(proxy.port)/examples/classroom/")
                    try await body(Cuts(server: server, proxy: proxy), page)
                }
            }
        }

        /// Publishes 1, 2, 3 … and cuts in between.
        private final class Cuts {
            private let server: ServerProcess
            private let proxy: FaultProxy
            private(set) var published = 0

            init(server: ServerProcess, proxy: FaultProxy) { (self.server, self.proxy) = (server, proxy) }

            private func publish(_ count: Int) async throws {
                for _ in 0..<count {
                    published += 1
                    try await TestHTTP(port: server.port).publish(channel, ["n": .int(published)])
                }
            }

            /// Three resets and two kills; some come while the page is there, some while it is away.
            func endure(_ page: BrowserPage) async throws {
                try await publish(2)
                try await page.wait(for: "got.length", toBe: .int(published))
                for cut in 1...5 {
                    if cut.isMultiple(of: 2) {
                        try await server.kill()
                        try await server.start()
                    } else {
                        try await proxy.set(.reset)
                    }
                    try await publish(3)
                    try await page.wait(for: "got.length", toBe: .int(published))
                    try await publish(1)
                    try await page.wait(for: "got.length", toBe: .int(published))
                }
            }
        }
    }
}
