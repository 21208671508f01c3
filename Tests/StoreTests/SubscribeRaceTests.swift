import Foundation
import Journal
import Migrations
import TestSupport
import Testing

@testable import Store

/// A hub in small: keeps its subscribers by what the engine answers, and checks each publication that it is handed.
final class CheckingHub: RoundReceiver {
    struct Subscriber {
        let id: Int
        var position: Position
    }

    struct Findings {
        var subscribers: [String: [Subscriber]] = [:]
        var faults: [String] = []
        var delivered = 0
        var recovered = 0
        var answers = 0
        var reasons: [NotRecovered.Reason: Int] = [:]
        /// Where subscribers left, to come back from.
        var left: [String: [Position]] = [:]
    }

    let findings = Box(Findings())

    func receive(_ handOver: HandOver) {
        for item in handOver.items {
            switch item {
            case .answer(let body): body(handOver.error)
            case .publications(let channel, let publications): deliver(channel, publications)
            case .epochsChanged: findings.with { $0.faults.append("epochs changed") }
            }
        }
    }

    private func deliver(_ channel: String, _ publications: [Publication]) {
        findings.with { findings in
            guard var subscribers = findings.subscribers[channel] else { return }
            for publication in publications {
                guard publication.data.elementsEqual("\(publication.offset)".utf8) else {
                    findings.faults.append("\(channel): offset \(publication.offset) has another one's data")
                    continue
                }
                for index in subscribers.indices {
                    let expected = subscribers[index].position.offset + 1
                    if publication.offset != expected {
                        findings.faults.append(
                            "\(channel): subscriber \(subscribers[index].id) expected \(expected), got \(publication.offset)"
                        )
                    }
                    subscribers[index].position.offset = publication.offset
                    findings.delivered += 1
                }
            }
            findings.subscribers[channel] = subscribers
        }
    }

    /// Takes the answer to a subscribe request, in the order of the hand-over.
    func opened(_ id: Int, _ channel: String, from wanted: Position?, _ answer: SubscribeAnswer) {
        findings.with { findings in
            findings.answers += 1
            switch answer.recovery {
            case .none: break
            case .notRecovered(let why): findings.reasons[why.reason, default: 0] += 1
            case .recovered(let publications):
                findings.recovered += 1
                let expected = wanted.map { Array(($0.offset...answer.position.offset).dropFirst()) } ?? []
                if publications.map(\.offset) != expected
                    || publications.contains(where: { !$0.data.elementsEqual("\($0.offset)".utf8) })
                {
                    findings.faults.append(
                        "\(channel): \(id) came from \(wanted?.offset ?? 0) and got \(publications.map(\.offset))")
                }
            }
            findings.subscribers[channel, default: []].append(Subscriber(id: id, position: answer.position))
        }
    }

    /// A subscriber goes; where it was is remembered.
    func leave(_ channel: String) -> Bool {
        findings.with { findings in
            guard let subscriber = findings.subscribers[channel]?.popLast() else { return false }
            findings.left[channel, default: []].append(subscriber.position)
            return true
        }
    }
}

/// Subscribing while others publish at full speed: no gap, no repetition, no live publication before the answer.
@Suite struct SubscribeRaceTests {
    private static let channels = ["a", "b", "c"]
    private static let publishers = 3
    private static let visits = 600
    /// Short enough that a page is read fast, long enough that most of those who return find all they missed.
    private static let window = HistoryWindow(size: 400, ttl: 600_000)

    /// One thread a channel publishes its own offset as data, with a bounded number in flight.
    private static func startPublishers(_ engine: Engine, until stop: Box<Bool>, running: Box<Int>) {
        for channel in channels {
            running.with { $0 += 1 }
            Thread {
                var next = 1
                let inFlight = DispatchSemaphore(value: 64)
                while !stop.value {
                    inFlight.wait()
                    let draft = Draft.publish(channel, "\(next)", history: window)
                    engine.submit(.write(draft, .granted, Return(loop: nil) { _ in inFlight.signal() }))
                    next += 1
                }
                for _ in 0..<64 { inFlight.wait() }
                for _ in 0..<64 { inFlight.signal() }
                running.with { $0 -= 1 }
            }.start()
        }
    }

    private static func visit(_ engine: Engine, _ hub: CheckingHub, seed: UInt64, loop: Int) {
        var generator = SeededGenerator(seed: seed)
        for id in 0..<visits {
            let channel = generator.pick(channels)
            let left = (hub.findings.value.left[channel] ?? []).suffix(8)
            let wanted: Position? = left.isEmpty || generator.happens(oneIn: 4) ? nil : generator.pick(Array(left))
            let request = SubscribeRequest(channel: channel, loop: loop, recover: wanted, limit: 0, access: .granted)
            let done = DispatchSemaphore(value: 0)
            engine.submit(
                .subscribe(
                    request,
                    Return(loop: loop) { result in
                        switch result {
                        case .success(let answer): hub.opened(id, channel, from: wanted, answer)
                        case .failure(let error): hub.findings.with { $0.faults.append("\(error)") }
                        }
                        done.signal()
                    }))
            done.wait()
            guard generator.happens(oneIn: 2) || id % 50 == 49 else { continue }
            for channel in channels where hub.leave(channel) {
                engine.submit(.unsubscribe(channel: channel, loop: loop))
            }
        }
    }

    @Test(arguments: [(UInt64(1), 1 << 28), (2, 20_000)])
    func subscribers_comingAndGoing_seeEveryOffsetOnce(seed: UInt64, cacheBytes: Int) throws {
        let directory = try TemporaryDirectory()
        var configuration = EngineConfiguration(directory: directory.data, durability: .os, loops: 2)
        configuration.cacheBytes = cacheBytes
        let engine = try Engine(configuration)
        let hubs = [CheckingHub(), CheckingHub()]
        let loops = hubs.map { engine.attach($0) }
        let (stop, running) = (Box(false), Box(0))
        Self.startPublishers(engine, until: stop, running: running)
        for (hub, loop) in zip(hubs, loops) {
            running.with { $0 += 1 }
            Thread {
                Self.visit(engine, hub, seed: seed &* 10 &+ UInt64(loop), loop: loop)
                running.with { $0 -= 1 }
            }.start()
        }
        #expect(eventually(within: 60) { running.value == Self.channels.count })
        stop.value = true
        #expect(eventually(within: 60) { running.value == 0 })
        #expect(engine.stop() == nil)
        for hub in hubs {
            let findings = hub.findings.value
            #expect(findings.faults.isEmpty, "seed \(seed): \(findings.faults.prefix(3))")
            #expect(findings.answers == Self.visits)
            #expect(findings.recovered > 100 && findings.delivered > 1_000)
            #expect(findings.reasons.keys.allSatisfy { $0 == .trimmed })
        }
    }
}
