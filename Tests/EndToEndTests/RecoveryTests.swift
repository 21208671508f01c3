import Foundation
import TestSupport
import Testing

extension ProcessTests {
    /// Promise: a client that comes back gets exactly what it missed, or is told that it can't, and why: never a silent gap.
    @Suite struct RecoveryTests {
        @Test func position_thatCanBeProven_getsExactlyWhatWasMissed() async throws {
            try await withPublications(20, on: "past:1") { client, epoch in
                for offset in [0, 1, 19, 20] {
                    let subscription = try await client.subscribe(
                        "past:1", recover: StreamPosition(epoch: epoch, offset: offset))
                    #expect(subscription.isRecovered)
                    #expect(subscription.wasRecovering)
                    #expect(subscription.position == StreamPosition(epoch: epoch, offset: offset))
                    #expect(subscription.missedCount == 20 - offset)
                    #expect(subscription.result["not_recovered"] == nil)
                    try await client.unsubscribe("past:1")
                }
            }
        }

        @Test func position_thatCannotBeProven_isToldWhy() async throws {
            try await withPublications(20, on: "past:1") { client, epoch in
                for (position, reason) in [
                    (StreamPosition(epoch: "_", offset: 5), "epoch"),
                    (StreamPosition(epoch: epoch, offset: 21), "ahead"),
                    (StreamPosition(epoch: epoch, offset: 1 << 50), "ahead"),
                ] {
                    let subscription = try await client.subscribe("past:1", recover: position)
                    #expect(!subscription.isRecovered, "\(position)")
                    #expect(subscription.wasRecovering)
                    #expect(subscription.missedCount == 0)
                    #expect(subscription.position == StreamPosition(epoch: epoch, offset: 20))
                    #expect(subscription.notRecoveredReason == reason, "\(subscription.result.text)")
                    #expect(subscription.result["not_recovered"]?["oldest"] == 1)
                    try await client.unsubscribe("past:1")
                }
            }
        }

        @Test func position_thatWasTrimmedAway_isToldTheOldestThatIsLeft() async throws {
            let folder = try TemporaryDirectory()
            let config =
                #"{"channel":{"namespaces":[{"name":"short","history_size":10,"history_ttl":"300s","force_recovery":true}]}}"#
            try config.write(toFile: folder.entry("config.json"), atomically: true, encoding: .utf8)
            try await withPublications(25, on: "short:1", arguments: ["--config", folder.entry("config.json")]) {
                client, epoch in
                let trimmed = try await client.subscribe("short:1", recover: StreamPosition(epoch: epoch, offset: 5))
                #expect(!trimmed.isRecovered)
                #expect(trimmed.notRecoveredReason == "trimmed", "\(trimmed.result.text)")
                #expect(trimmed.result["not_recovered"]?["oldest"] == 16)
                try await client.unsubscribe("short:1")
                let kept = try await client.subscribe("short:1", recover: StreamPosition(epoch: epoch, offset: 15))
                #expect(kept.isRecovered)
                #expect(kept.missedCount == 10)
                let foreign = await #expect(throws: ErrorReply.self) { try await client.subscribe("other:1") }
                #expect(foreign?.code == 102)
            }
        }

        @Test func position_farBehind_getsEverythingOrIsToldTheLimit() async throws {
            try await withPublications(400, on: "far:1") { client, epoch in
                let subscription = try await client.subscribe("far:1", recover: StreamPosition(epoch: epoch, offset: 0))
                if subscription.isRecovered {
                    #expect(subscription.missedCount == 400)
                } else {
                    #expect(subscription.missedCount == 0)
                    #expect(subscription.notRecoveredReason == "limit", "\(subscription.result.text)")
                }
            }
        }

        @Test func history_overTheSocket_pagesForwardAndBackward() async throws {
            try await withPublications(20, on: "past:1") { client, epoch in
                for (limit, since, isReverse, offsets) in [
                    (0, nil, false, []),
                    (-1, nil, false, Array(1...20)),
                    (-1, nil, true, Array((1...20).reversed())),
                    (3, nil, false, [1, 2, 3]),
                    (3, nil, true, [20, 19, 18]),
                    (3, 7, false, [8, 9, 10]),
                    (3, 7, true, [6, 5, 4]),
                    (3, 20, false, []),
                ] as [(Int, Int?, Bool, [Int])] {
                    let position = since.map { StreamPosition(epoch: epoch, offset: $0) }
                    let result = try await client.history("past:1", limit: limit, since: position, reverse: isReverse)
                    let found = (result["publications"]?.array ?? []).compactMap { $0["offset"]?.int }
                    #expect(found == offsets, "limit \(limit), since \(since ?? -1), reverse \(isReverse)")
                    #expect(result["offset"] == 20)
                    #expect(result["epoch"]?.string == epoch)
                }
            }
        }

        /// Publishes 1, 2, 3 … on a channel and hands over a connected client and the channel's epoch.
        private func withPublications(
            _ count: Int,
            on channel: String,
            arguments: [String] = [],
            _ body: (ProtocolClient, String) async throws -> Void
        ) async throws {
            try await ServerProcess.run(arguments: arguments) { server in
                let http = TestHTTP(port: server.port)
                var epoch = ""
                for number in 1...count {
                    let answer = try await http.post(
                        "/api/publish", ["channel": .string(channel), "data": .int(number)])
                    #expect(answer.json?["result"]?["offset"] == .int(number), "\(answer.body)")
                    epoch = answer.json?["result"]?["epoch"]?.string ?? ""
                }
                let client = ProtocolClient(name: "returning")
                try await client.connect(port: server.port)
                try await body(client, epoch)
            }
        }
    }
}
