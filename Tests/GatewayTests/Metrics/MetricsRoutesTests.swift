import HTTPTypes
import Testing

@testable import Gateway

@Suite struct MetricsRoutesTests {
    @Test func figures_tellWhatHappened() async throws {
        try await RouteRig.run { rig in
            let sent = try await rig.send(.post, "/api/publish", #"{"channel":"chat:1","data":{"n":1}}"#)
            #expect(sent.status == 200)
            #expect(try await rig.send(.get, "/api/sessions/none").status == 404)
            let reply = try await rig.send(.get, "/metrics")
            #expect(reply.status == 200)
            #expect(reply.field("content-type") == "text/plain; version=0.0.4; charset=utf-8")
            let lines = reply.text.split(separator: "\n").map(String.init)
            for line in [
                "anteroom_publications_total 1", "anteroom_commits_total 1", "anteroom_writable 1",
                "anteroom_draining 0",
                #"anteroom_refusals_total{code="session-not-found"} 1"#, "anteroom_commit_entries_count 1",
                #"anteroom_recoveries_total{verdict="epoch"} 0"#, #"anteroom_connections{surface="client"} 0"#,
            ] { #expect(lines.contains(line), "\(line) is missing") }
            #expect(!reply.text.contains("chat:1"))
        }
    }

    /// Every family is described once, before its samples: anything else breaks the scrape as a whole.
    @Test func families_areDescribedOnceBeforeTheirSamples() async throws {
        try await RouteRig.run { rig in
            var described: Set<Substring> = []
            for line in try await rig.send(.get, "/metrics").text.split(separator: "\n") {
                let words = line.split(separator: " ")
                if line.hasPrefix("# TYPE") {
                    #expect(described.insert(words[2]).inserted, "\(words[2]) is described twice")
                } else if !line.hasPrefix("#") {
                    let name = words[0].prefix { $0 != "{" }
                    let family = ["_bucket", "_sum", "_count"].first { name.hasSuffix($0) }
                        .map { name.dropLast($0.count) }
                    #expect(described.contains(name) || described.contains(family ?? ""), "\(name) has no type")
                }
            }
            #expect(described.count > 25)
        }
    }

    @Test func strangers_seeNothing() async throws {
        try await RouteRig.run(.production()) { rig in
            let stranger = try await rig.send(.get, "/metrics")
            let watcher = try await rig.send(.get, "/metrics", "", ["X-API-Key": RouteRig.apiKey])
            #expect(stranger.status == 401 && !stranger.text.contains("anteroom_"))
            #expect(watcher.status == 200)
        }
    }
}
