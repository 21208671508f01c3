import Foundation
import Journal
import TestSupport
import Testing

@testable import Store

/// The thread that an engine lives on, with a taker that only reads its mailbox.
@Suite struct EngineHostTests {
    /// Takes names out of a mailbox until it is closed.
    private final class Taker: TurnTaker {
        let mailbox: Mailbox
        let taken: Box<[String]>
        let isGone: Box<Bool>

        init(_ mailbox: Mailbox, _ taken: Box<[String]> = Box([]), isGone: Box<Bool> = Box(false)) {
            (self.mailbox, self.taken, self.isGone) = (mailbox, taken, isGone)
        }

        deinit { isGone.value = true }

        func turn() -> NextTurn {
            let batch = mailbox.take(max: 16)
            let names = batch.requests.compactMap { request in
                if case .write(let draft, _, _) = request { draft.channel } else { nil }
            }
            taken.with { $0 += names }
            if batch.isLast { return .never }
            return mailbox.mayRest() ? .within(milliseconds: 60_000) : .now
        }
    }

    private static func request(_ name: String) -> Request {
        .write(Draft(channel: name, kind: .publish), .granted, Return(loop: nil) { _ in })
    }

    /// The bell is a semaphore: were a ring lost, the taker would sit out its whole minute.
    @Test func requestsFromManyThreads_allArriveInOrderAndAtOnce() {
        let (host, threads, each) = (EngineThread(), 4, 2_000)
        let mailbox = Mailbox { host.ring() }
        let (taken, hasEnded) = (Box<[String]>([]), Box(false))
        host.live {
            Taker(mailbox, taken)
        } ended: {
            hasEnded.value = true
        }
        for thread in 0..<threads {
            Thread { for index in 0..<each { _ = mailbox.put([Self.request("\(thread) \(index)")]) } }.start()
        }
        #expect(eventually { taken.with { $0.count } == threads * each })
        var next = Array(repeating: 0, count: threads)
        for name in taken.value {
            let parts = name.split(separator: " ").compactMap { Int($0) }
            #expect(parts.count == 2 && next[parts[0]] == parts[1])
            next[parts[0]] += 1
        }
        #expect(!hasEnded.value)
        mailbox.close()
        #expect(eventually { hasEnded.value })
    }

    @Test func takerThatCouldNotBeMade_endsAtOnce() {
        let hasEnded = Box(false)
        let host = EngineThread()
        host.live {
            nil
        } ended: {
            hasEnded.value = true
        }
        #expect(eventually { hasEnded.value })
        host.ring()
    }

    /// Whoever opens the directory next must find it unlocked.
    @Test func end_comesOnceTheTakerIsGone() {
        let (host, isGone, wasGone) = (EngineThread(), Box(false), Box<Bool?>(nil))
        let mailbox = Mailbox { host.ring() }
        host.live {
            Taker(mailbox, isGone: isGone)
        } ended: {
            wasGone.value = isGone.value
        }
        mailbox.close()
        #expect(eventually { wasGone.value != nil })
        #expect(wasGone.value == true)
    }
}
