import Foundation
import Journal
import TestSupport
import Testing

/// What a link does beside appending and reading.
@Suite(.enabled(if: RedisServer.isInstalled))
struct SharedLinkDutyTests {
    @Test func appends_whenWantedReplicasAreMissing_areNotReplicatedThenRefusedUntilOneComes() async throws {
        let server = try await RedisServer()
        let node = SharedNode(server.address, replicas: 1) { $0.tick = 200 }
        try await eventually("live") { node.isLive }
        let first = node.append(1)[0]
        try await eventually("not replicated") { node.memory.value.failed[first] == .notReplicated }
        try await eventually("it says so") { node.link.status.isNotReplicated }
        let second = node.append(1)[0]
        try await eventually("refused") { node.memory.value.failed[second] != nil }
        #expect(node.memory.value.failed[second] == .unavailable)
        #expect(!node.ownTaken.contains(second))
        var options = RedisServer.Options()
        options.replicaOf = server.port
        let replica = try await RedisServer(options)
        // The first replica of a server gives it another replication id: that is a new lineage, too.
        try await eventually("one is confirmed") {
            if node.isLive, !node.link.status.isNotReplicated { node.append(1) }
            let confirmed = node.memory.value.confirmed
            return confirmed > second && node.ownTaken.contains(confirmed)
        }
        #expect(try replica.command("XLEN", "anteroom:{0}:journal") != ":0")
    }

    @Test func node_withAnEmptyDiskAfterATrim_joinsFromTheCheckpoint() async throws {
        let server = try await RedisServer()
        let writer = SharedNode(server.address)
        try await eventually("live, and the one that writes checkpoints") {
            writer.isLive && writer.link.status.isCheckpointer
        }
        for round in 1...3 {
            writer.append(40)
            try await eventually("arrived") { writer.taken.count == 40 * round }
            let done = Box<Result<Void, JournalError>?>(nil)
            writer.link.offer(checkpoint: SharedNode.content(of: writer.memory.value)) { result in done.value = result }
            try await eventually("offered") { done.value != nil }
            #expect(throws: Never.self) { try done.value?.get() }
        }
        let kept = try server.command("KEYS", "anteroom:{0}:checkpoint:*").split(separator: "\n")
        let lives = try kept.map { try server.command("PTTL", String($0)) }
        #expect(lives.filter { $0 == ":-1" }.count == 2, "two checkpoints are kept: \(lives)")
        writer.append(10)
        try await eventually("arrived") { writer.taken.count == 130 }
        try server.command("XTRIM", "anteroom:{0}:journal", "MAXLEN", "70")
        let joiner = SharedNode(server.address)
        try await eventually("joined") { joiner.isLive && joiner.taken == writer.taken }
        #expect(joiner.memory.value.events.first == "join")
        let retained = joiner.memory.value.retained
        #expect(!retained.isEmpty && retained == retained.sorted(), "what recovery may use came along")
        joiner.append(5)
        try await eventually("both go on") { writer.taken.count == 135 && writer.taken == joiner.taken }
        #expect(!joiner.link.status.isCheckpointer)
    }

    @Test func checkpoint_whenAnOlderOneIsOfferedAfterANewer_isRefused() async throws {
        let server = try await RedisServer()
        let node = SharedNode(server.address)
        try await eventually("live") { node.isLive }
        node.append(5)
        try await eventually("arrived") { node.taken.count == 5 }
        let old = SharedNode.content(of: node.memory.value)
        node.append(5)
        try await eventually("arrived") { node.taken.count == 10 }
        var results: [Result<Void, JournalError>] = []
        for content in [SharedNode.content(of: node.memory.value), old] {
            let done = Box<Result<Void, JournalError>?>(nil)
            node.link.offer(checkpoint: content) { result in done.value = result }
            results.append(try await eventuallySome("offered") { done.value })
        }
        #expect(throws: Never.self) { try results[0].get() }
        #expect(throws: JournalError.self) { try results[1].get() }
    }

    @Test func node_withAnotherResultThanTheCheckpointer_beginsAnewOnce_thenHalts() async throws {
        let server = try await RedisServer()
        let first = SharedNode(server.address)
        try await eventually("the first writes the checkpoints") { first.link.status.isCheckpointer }
        first.append(3)
        try await eventually("arrived") { first.taken.count == 3 }
        let offered = Box<Result<Void, JournalError>?>(nil)
        first.link.offer(checkpoint: SharedNode.content(of: first.memory.value)) { offered.value = $0 }
        try await eventually("offered") { offered.value != nil }
        let second = SharedNode(server.address)
        try await eventually("the second follows") { second.isLive && second.taken.count == 3 }
        let cursor = first.memory.value.place.cursor
        func joins() -> Int { second.memory.value.events.filter { $0 == "join" }.count }
        let before = joins()
        first.link.note(applied: cursor, hash: 1)
        second.link.note(applied: cursor, hash: 2)
        // The checkpoint doesn't mend it, because the second goes on to say the same.
        try await eventually("the second began anew") { joins() > before }
        try await eventually("the second gave up") { second.memory.value.halt == .diverged(cursor) }
        #expect(joins() == before + 1)
        #expect(first.isLive && !first.memory.value.events.contains("join"))
    }

    @Test func question_forTheTop_answersAtOrAfterWhatWasAppendedBefore() async throws {
        let server = try await RedisServer()
        let node = SharedNode(server.address)
        try await eventually("live") { node.isLive }
        node.append(20)
        try await eventually("arrived") { node.taken.count == 20 }
        let place = node.memory.value.place.cursor
        let answers = Box<[Result<Cursor, JournalError>]>([])
        for _ in 0..<10 { node.link.reach { answer in answers.with { $0.append(answer) } } }
        try await eventually("answered") { answers.value.count == 10 }
        for answer in answers.value { #expect(try answer.get() >= place) }
        let reply = try server.command("TIME").split(separator: "\n").first.flatMap { Int64($0) }
        let time = try #require(reply) * 1_000
        #expect(abs(try #require(node.link.serverTime()) - time) < 5_000)
        try await server.kill9()
        try await eventually("away") { !node.isLive }
        node.link.reach { answer in answers.with { $0.append(answer) } }
        try await eventually("answered") { answers.value.count == 11 }
        #expect(throws: JournalError.self) { try answers.value[10].get() }
    }

    @Test func lane_carriesMessagesToTheOthersOnly() async throws {
        let server = try await RedisServer()
        let nodes = [SharedNode(server.address), SharedNode(server.address)]
        let heard = [Box<[String]>([]), Box<[String]>([])]
        for (node, box) in zip(nodes, heard) {
            node.link.lane.receive { sender, message in
                box.with { $0.append("\(sender) \(String(decoding: message, as: UTF8.self))") }
            }
        }
        try await eventually("all live and known") { nodes.allSatisfy { $0.isLive && $0.link.lane.members.count == 2 } }
        for index in 0..<100 { nodes[0].link.lane.send(Array("\(index)".utf8)) }
        nodes[1].link.lane.send([])
        try await eventually("heard") { heard[1].value.count == 100 && heard[0].value.count == 1 }
        #expect(heard[1].value == (0..<100).map { "\(nodes[0].origin) \($0)" })
        #expect(heard[0].value == ["\(nodes[1].origin) "])
    }

    @Test func members_whenANodeStops_loseItAfterItsLeaseAndTheDutyMoves() async throws {
        let server = try await RedisServer()
        let nodes = [SharedNode(server.address), SharedNode(server.address)]
        try await eventually("each sees the other") { nodes.allSatisfy { $0.link.status.members.count == 2 } }
        try await eventually("one writes checkpoints") { nodes.contains { $0.link.status.isCheckpointer } }
        #expect(nodes.filter { $0.link.status.isCheckpointer }.count == 1)
        let leaver = try #require(nodes.first { $0.link.status.isCheckpointer })
        let other = try #require(nodes.first { !$0.link.status.isCheckpointer })
        let isStopped = Box(false)
        leaver.link.stop { isStopped.value = true }
        try await eventually("stopped") { isStopped.value }
        try await eventually("alone, and the one that writes checkpoints") {
            other.link.status.members == [other.origin] && other.link.status.isCheckpointer
        }
        let late = leaver.append(1)[0]
        try await eventually("refused") { leaver.memory.value.failed[late] == .unavailable }
    }

    @Test func canary_whenNothingElseIsAppended_comesBackAndCountsNowhere() async throws {
        let server = try await RedisServer()
        let node = SharedNode(server.address)
        try await eventually("canaries came back") { node.memory.value.canaries >= 3 }
        #expect(node.taken.isEmpty && node.memory.value.failed.isEmpty)
        #expect((node.link.status.lagMilliseconds ?? -1) >= 0)
    }

    @Test func tail_whenTheEngineConsumesNothing_stopsReadingAndSaysThatItStalls() async throws {
        let server = try await RedisServer()
        let node = SharedNode(server.address)
        try await eventually("live") { node.isLive }
        let mebibyte = 1 << 20
        for round in 1...2 {
            node.append(33, bodyBytes: mebibyte)
            try await eventually("most arrived") { node.taken.count >= 32 * round }
        }
        node.append(3, bodyBytes: mebibyte)
        try await eventually("what Redis has doesn't come back") { node.link.status.isStalled }
        #expect(node.isLive && node.taken.count < 69)
        node.link.consumed(.max)
        try await eventually("all arrived") { node.taken.count == 69 && !node.link.status.isStalled }
        #expect(node.memory.value.failed.isEmpty)
    }

    @Test func start_withAWrongPassword_isFatalAndWithoutRedisIsNot() async throws {
        var options = RedisServer.Options()
        options.password = "secret"
        let server = try await RedisServer(options)
        var address = server.address
        address.credentials = RedisAddress.Credentials(user: nil, password: "wrong")
        let stranger = SharedNode(address)
        try await eventually("refused") { stranger.memory.value.problems.contains { $0.isFatal } }
        let port = try PortAllocator.free()
        let early = SharedNode(RedisAddress(endpoint: .tcp(host: "127.0.0.1", port: port)))
        try await eventually("told") { early.memory.value.problems.count >= 2 }
        #expect(!early.memory.value.problems.contains { $0.isFatal })
        let late = try await RedisServer(port: port)
        try await eventually("live") { early.isLive }
        try late.command("SET", "other:{0}:meta", "9")
        let newer = SharedNode(late.address, prefix: "other")
        try await eventually("refused") { newer.memory.value.problems.contains { $0.isFatal } }
    }

    @Test func entry_thatCannotBeRead_haltsTheNode() async throws {
        let server = try await RedisServer()
        let node = SharedNode(server.address)
        try await eventually("live") { node.isLive }
        try server.command("XADD", "anteroom:{0}:journal", "\(node.lineage)-*", "e", "nonsense")
        try await eventually("halted") { node.memory.value.halt != nil }
        guard case .unknownEntry = node.memory.value.halt else {
            Issue.record("another reason: \(String(describing: node.memory.value.halt))")
            return
        }
        #expect(node.link.status.halted != nil)
    }
}
