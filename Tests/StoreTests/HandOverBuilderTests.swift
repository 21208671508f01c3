import TestSupport
import Testing

@testable import Store

@Suite struct HandOverBuilderTests {
    private static func publication(_ offset: UInt64) -> Publication {
        Publication(offset: offset, data: Array("1".utf8))
    }

    /// The items in words: `a:1,2` for publications, the name for an answer.
    private func words(_ handOver: HandOver) -> [String] {
        handOver.items.map { item in
            switch item {
            case .publications(let channel, let publications):
                return "\(channel):" + publications.map { "\($0.offset)" }.joined(separator: ",")
            case .answer(let body):
                body(handOver.error)
                return answered.value
            case .epochsChanged: return "epochs"
            }
        }
    }

    private let answered = Box("")

    private func answer(_ name: String) -> @Sendable (EngineError?) -> Void {
        { [answered] error in answered.value = error.map { "\(name) \($0.code)" } ?? name }
    }

    @Test func epochs_whenTheyChange_separateWhatCameBeforeFromWhatFollows() {
        var builder = HandOverBuilder()
        builder.publish(Self.publication(1), to: "a")
        builder.endSubscriptions()
        builder.publish(Self.publication(1), to: "a")
        #expect(words(builder.take(failed: nil)) == ["a:1", "epochs", "a:1"])
        builder.endSubscriptions()
        #expect(builder.take(failed: EngineError(.diskFull, "")).items.isEmpty)
    }

    @Test func rounds_keepOrderAndJoinAChannelsPublications() {
        var builder = HandOverBuilder()
        #expect(builder.isEmpty)
        builder.publish(Self.publication(1), to: "a")
        builder.publish(Self.publication(1), to: "b")
        builder.answer(answer("first"))
        builder.publish(Self.publication(2), to: "a")
        #expect(!builder.isEmpty)
        #expect(words(builder.take(failed: nil)) == ["a:1,2", "b:1", "first"])
        #expect(builder.isEmpty)
        #expect(builder.take(failed: nil).items.isEmpty)
    }

    @Test func subscriber_inTheMiddleOfARound_getsOnlyWhatFollows() {
        var builder = HandOverBuilder()
        builder.publish(Self.publication(1), to: "a")
        builder.publish(Self.publication(9), to: "b")
        builder.seal("a")
        builder.answer(answer("subscribed"))
        builder.publish(Self.publication(2), to: "a")
        builder.publish(Self.publication(10), to: "b")
        builder.publish(Self.publication(3), to: "a")
        builder.seal("a")
        builder.seal("nothing")
        builder.answer(answer("second"))
        builder.publish(Self.publication(4), to: "a")
        #expect(words(builder.take(failed: nil)) == ["a:1", "b:9,10", "subscribed", "a:2,3", "second", "a:4"])
    }

    @Test func failedRound_isAnswersOnly() {
        var builder = HandOverBuilder()
        builder.publish(Self.publication(1), to: "a")
        builder.answer(answer("x"))
        builder.answer(answer("y"))
        let handOver = builder.take(failed: EngineError(.diskFull, ""))
        #expect(words(handOver) == ["x diskFull", "y diskFull"])
        builder.publish(Self.publication(1), to: "a")
        #expect(words(builder.take(failed: nil)) == ["a:1"])
    }
}

@Suite struct SubscriptionDirectoryTests {
    private static func loops(_ directory: SubscriptionDirectory, _ channel: String) -> [Int] {
        var loops: [Int] = []
        directory.forEachLoop(of: channel) { loops.append($0) }
        return loops
    }

    @Test func counts_goPerChannelAndLoop() {
        var directory = SubscriptionDirectory(loops: 3)
        directory.add("a", loop: 0)
        directory.add("a", loop: 2)
        let remove = { directory.remove($0, loop: $1) }
        directory.add("a", loop: 2)
        directory.add("session:s", loop: 1)
        #expect(Self.loops(directory, "a") == [0, 2])
        #expect(directory.totals == ["a": 3, "session:s": 1])
        #expect(directory.sessions == ["s"])
        #expect(!remove("a", 2))
        #expect(Self.loops(directory, "a") == [0, 2])
        #expect(!remove("a", 2))
        #expect(Self.loops(directory, "a") == [0])
        #expect(remove("a", 0))
        #expect(!directory.contains("a"))
        #expect(directory.totals == ["session:s": 1])
    }

    @Test func removal_ofWhatIsNotThere_isNothing() {
        var directory = SubscriptionDirectory(loops: 2)
        let remove = { directory.remove($0, loop: $1) }
        #expect(!remove("a", 0))
        directory.add("a", loop: 0)
        #expect(!remove("a", 1))
        #expect(!remove("a", 7))
        directory.add("a", loop: 7)
        #expect(directory.totals == ["a": 1])
        #expect(remove("a", 0))
        #expect(!remove("a", 0))
    }
}
