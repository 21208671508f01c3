import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// `/status`: one page that shows `/api/status` and asks for it again every few seconds.
///
/// - Guarantee: nothing in it but its own style and script is run or loaded: the policy names both by their hashes. What
///   the server answers is only ever set as text.
enum StatusPage {
    static var response: Response {
        var headers = HTTPFields()
        headers[.contentType] = "text/html; charset=utf-8"
        headers[.cacheControl] = "no-cache"
        headers[.contentSecurityPolicy] = policy
        headers[.xContentTypeOptions] = "nosniff"
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: document)))
    }

    private static let policy =
        "default-src 'none'; connect-src 'self'; style-src \(hash(style)); script-src \(hash(script)); "
        + "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    private static func hash(_ text: String) -> String {
        "'sha256-\(Data(SHA256.hash(data: Data(text.utf8))).base64EncodedString())'"
    }

    static let document = """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Status · Anteroom</title>
        <link rel="icon" href="data:,">
        <style>\(style)</style>
        </head>
        <body>
        <main>
        <header>
        <h1>Anteroom</h1>
        <p id="state" role="status">…</p>
        <div class="tools">
        <label>every <select id="pace">
        <option value="2">2 s</option><option value="5" selected>5 s</option>
        <option value="10">10 s</option><option value="30">30 s</option>
        </select></label>
        <button id="pause" type="button">Pause</button>
        </div>
        </header>
        <form id="ask" hidden>
        <label>API key <input id="key" type="password" autocomplete="off"></label>
        <button>Show</button>
        </form>
        <div id="groups"></div>
        <section id="sessions" hidden>
        <h2>Sessions</h2>
        <table><thead><tr><th>id</th><th>type</th><th>sockets</th><th>bytes</th><th>ends in</th></tr></thead>
        <tbody id="rows"></tbody></table>
        </section>
        </main>
        <script>\(script)</script>
        </body>
        </html>
        """

    private static let style = """

        :root { color-scheme: light dark; --page: #f6f4ef; --card: #fffdf9; --text: #23282b; --quiet: #5d666b;
          --line: #e2ddd2; --good: #2f6f62; --bad: #a3392f; }
        @media (prefers-color-scheme: dark) { :root { --page: #15191b; --card: #1d2326; --text: #e8eaea; --quiet: #a1abaf;
          --line: #323a3e; --good: #7cc4b3; --bad: #f0958b; } }
        * { box-sizing: border-box; }
        [hidden] { display: none !important; }
        body { margin: 0; background: var(--page); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
        main { max-width: 64rem; margin: 0 auto; padding: 2rem 1.25rem; }
        header { display: flex; flex-wrap: wrap; gap: .5rem 1.25rem; align-items: baseline; margin-bottom: 1.25rem; }
        h1, h2, p { margin: 0; }
        h1 { font-size: 1.5rem; letter-spacing: -.01em; }
        h2 { font-size: .9375rem; color: var(--quiet); font-weight: 600; margin-bottom: .5rem; }
        #state { font-weight: 600; color: var(--good); }
        #state.bad { color: var(--bad); }
        .tools { margin-left: auto; display: flex; gap: .75rem; align-items: baseline; color: var(--quiet); }
        button, select, input { font: inherit; color: inherit; background: transparent; border: 1px solid var(--line);
          border-radius: 8px; padding: .25rem .7rem; }
        form, section, .group { border: 1px solid var(--line); border-radius: 12px; background: var(--card);
          padding: 1rem 1.25rem; }
        form { display: flex; gap: 1rem; align-items: center; margin-bottom: 1rem; }
        #groups { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr)); }
        #groups:not(:empty) { margin-bottom: 1rem; }
        dl { display: grid; grid-template-columns: auto 1fr; gap: .15rem 1rem; margin: 0; }
        dt { color: var(--quiet); }
        dd { margin: 0; text-align: right; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
        section { overflow-x: auto; }
        table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
        th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-top: 1px solid var(--line); }
        thead th { border: 0; color: var(--quiet); font-weight: 500; }

        """

    private static let script = #"""

        "use strict";
        const at = (id) => document.getElementById(id);
        const made = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });
        const keep = "anteroom:api-key";
        let timer, isPaused = false;

        const bytes = (count) => {
          const units = ["B", "KiB", "MiB", "GiB"];
          let power = 0;
          for (; count >= 1024 && power < units.length - 1; power += 1) count /= 1024;
          return `${power ? count.toFixed(1) : count} ${units[power]}`;
        };
        const span = (seconds) => {
          const [days, hours, minutes] = [seconds / 86400, seconds / 3600 % 24, seconds / 60 % 60].map(Math.floor);
          if (days) return `${days} d ${hours} h`;
          return hours ? `${hours} h ${minutes} min` : minutes ? `${minutes} min` : `${Math.floor(seconds)} s`;
        };
        const group = (title, members) => {
          const box = made("div");
          box.className = "group";
          const list = made("dl");
          for (const [name, value] of Object.entries(members)) {
            if (value !== undefined && value !== null) list.append(made("dt", name), made("dd", value));
          }
          box.append(made("h2", title), list);
          return box;
        };
        const show = (status) => {
          const { process, connections, journal, sessions, storage, failure } = status;
          const fleet = journal?.fleet;
          const groups = [
            group("Connections", { sockets: connections.webSockets, streams: connections.eventStreams,
              subscriptions: connections.subscriptions, channels: connections.channels }),
            group("Process", { version: process.version, "up for": span(process.uptimeSeconds),
              memory: bytes(process.memory.rss), load: process.loadavg.join(" "), pid: process.pid }),
          ];
          if (journal) groups.push(group("Journal", { storage: storage.mode, head: journal.head,
            size: bytes(journal.bytes), "not yet flushed": journal.dirtyRows, "in memory": bytes(journal.residentBytes),
            "new epochs because": journal.openingReason }));
          if (fleet) groups.push(group("Fleet", { nodes: fleet.members, phase: fleet.phase, Redis: status.valkey?.ping ?? "away",
            "round trip": fleet.roundTripUs && `${fleet.roundTripUs} µs`, lag: fleet.lagMs && `${fleet.lagMs} ms`,
            warnings: fleet.warnings.join("; ") || undefined }));
          if (sessions) groups.push(group("Sessions", { live: sessions.count, ...sessions.byType }));
          if (status.counters) groups.push(group("Since the start", status.counters));
          at("groups").replaceChildren(...groups);
          at("sessions").hidden = !sessions?.list.length;
          at("rows").replaceChildren(...(sessions?.list ?? []).map((session) => {
            const row = made("tr");
            row.append(...[session.id, session.type, session.socketCount, bytes(session.approxBytes),
              span(session.ttlRemainingMs / 1000)].map((value) => made("td", value)));
            return row;
          }));
          const wrong = failure?.message ?? (status.isDraining ? "stopping" : fleet?.isAway ? "Redis does not answer" : "");
          say(wrong || `well · ${new Date().toLocaleTimeString()}`, Boolean(wrong));
        };
        const say = (text, isBad) => {
          at("state").textContent = text;
          at("state").classList.toggle("bad", isBad);
        };
        const look = async () => {
          clearTimeout(timer);
          try {
            const key = sessionStorage.getItem(keep);
            const answer = await fetch("/api/status", key ? { headers: { "X-API-Key": key } } : {});
            at("ask").hidden = answer.status !== 401;
            if (answer.ok) show(await answer.json());
            else say(answer.status === 401 ? "needs the API key" : `the server answered ${answer.status}`, true);
          } catch {
            say("the server does not answer", true);
          }
          clearTimeout(timer);
          if (!isPaused) timer = setTimeout(look, at("pace").value * 1000);
        };
        at("pace").onchange = look;
        at("pause").onclick = () => {
          isPaused = !isPaused;
          at("pause").textContent = isPaused ? "Go on" : "Pause";
          if (isPaused) clearTimeout(timer); else look();
        };
        at("ask").onsubmit = (event) => {
          event.preventDefault();
          sessionStorage.setItem(keep, at("key").value);
          look();
        };
        look();

        """#
}
