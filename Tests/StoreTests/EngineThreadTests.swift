import Dispatch
import Foundation
import Journal
import Migrations
import TestSupport
import Testing

@testable import Store

/// The engine on its own thread, with others around it.
@Suite struct EngineThreadTests {
    /// Holds the writer thread in an answer until the semaphore is signalled.
    private static func held(_ engine: Engine) -> DispatchSemaphore {
        let (held, letGo) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        engine.submit(
            .channels(
                Return(loop: nil) { _ in
                    held.signal()
                    letGo.wait()
                }))
        held.wait()
        return letGo
    }

    @Test func everyAcknowledgedWrite_hasItsOwnOffsetAndIsThereAfterwards() async throws {
        let directory = try TemporaryDirectory()
        let engine = try Engine(EngineConfiguration(directory: directory.data))
        let acknowledged = Box<[String: [UInt64: String]]>([:])
        let doubles = Box(0)
        let (threads, each) = (4, 300)
        let done = DispatchGroup()
        for thread in 0..<threads {
            for index in 0..<each {
                let (channel, text) = ("c\(index % 3)", "\"\(thread) \(index)\"")
                done.enter()
                engine.submit(
                    .write(
                        .publish(channel, text, history: HistoryWindow(size: 5_000, ttl: 600_000)), .granted,
                        Return(loop: nil) { result in
                            if case .success(.accepted(let receipt)) = result, let offset = receipt.position?.offset {
                                acknowledged.with { all in
                                    if all[channel, default: [:]].updateValue(text, forKey: offset) != nil {
                                        doubles.with { $0 += 1 }
                                    }
                                }
                            }
                            done.leave()
                        }))
            }
        }
        await withCheckedContinuation { continuation in done.notify(queue: .global()) { continuation.resume() } }
        let copy = try directory.copyAsKilled()
        #expect(engine.stop() == nil)
        #expect(doubles.value == 0)
        #expect(acknowledged.value.values.reduce(0) { $0 + $1.count } == threads * each)
        let again = try Engine(EngineConfiguration(directory: copy.data))
        for (channel, texts) in acknowledged.value {
            let answer = try await again.ask {
                .history(channel: channel, HistoryFilter(limit: -1), limitMax: 10_000, .granted, $0)
            }
            #expect(answer.publications.map(\.offset) == texts.keys.sorted())
            #expect(answer.publications.allSatisfy { texts[$0.offset] == String(decoding: $0.data, as: UTF8.self) })
        }
        #expect(again.openingReason == nil)
        #expect(again.stop() == nil)
    }

    /// A batch that doesn't fit is refused, but whoever leaves in it has left.
    @Test func fullQueue_refusesWritesAndTakesUnsubscribes() async throws {
        let directory = try TemporaryDirectory()
        let engine = try Engine(EngineConfiguration(directory: directory.data, durability: .os))
        let recorder = Recorder()
        let loop = engine.attach(recorder)
        let request = SubscribeRequest(channel: "a", loop: loop, recover: nil, limit: 0, access: .granted)
        #expect(try await engine.ask { .subscribe(request, $0) }.isSubscribed)
        let letGo = Self.held(engine)
        let answers = Box((busy: 0, other: 0))
        let count: @Sendable (Result<[String: Int], EngineError>) -> Void = { result in
            answers.with { answers in
                if case .failure(let error) = result, error.code == .busy {
                    answers.busy += 1
                } else {
                    answers.other += 1
                }
            }
        }
        engine.submit(Array(repeating: .channels(Return(loop: nil, count)), count: EngineLimits.queuedRequestsMax))
        engine.submit([.channels(Return(loop: nil, count)), .unsubscribe(channel: "a", loop: loop)])
        #expect(answers.value == (1, 0))
        letGo.signal()
        #expect(eventually { answers.value.other == EngineLimits.queuedRequestsMax })
        #expect(try await engine.ask { .channels($0) }.isEmpty)
        #expect(engine.stop() == nil)
    }

    @Test func writerThatDoesNotComeBack_isStuck() throws {
        let directory = try TemporaryDirectory()
        let clock = ManualClock()
        var configuration = EngineConfiguration(directory: directory.data, durability: .os)
        configuration.clock = clock.clock
        let engine = try Engine(configuration)
        #expect(!engine.health.isStuck)
        clock.advance(60_000)
        #expect(!engine.health.isStuck)
        let letGo = Self.held(engine)
        #expect(!engine.health.isStuck)
        clock.advance(EngineLimits.stuckMilliseconds + 1)
        #expect(engine.health.isStuck && engine.health.failure == nil)
        letGo.signal()
        #expect(eventually { !engine.health.isStuck })
        #expect(engine.stop() == nil)
    }
}
