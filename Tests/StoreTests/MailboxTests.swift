import Foundation
import Journal
import TestSupport
import Testing

@testable import Store

@Suite struct MailboxTests {
    private static func request(_ name: String, bytes: Int = 0) -> Request {
        .write(
            Draft(channel: name, kind: .publish, body: Array(repeating: 0, count: bytes)), .granted,
            Return(loop: nil) { _ in })
    }

    private static func names(_ batch: Mailbox.Batch) -> [String] {
        batch.requests.map { request in
            switch request {
            case .write(let draft, _, _): draft.channel
            case .unsubscribe(let channel, _): "-" + channel
            default: "?"
            }
        }
    }

    @Test func requests_areTakenInOrderUpToTheBound() {
        let mailbox = Mailbox()
        #expect(mailbox.isEmpty)
        #expect(mailbox.put([Self.request("a"), Self.request("b")]) == nil)
        #expect(mailbox.put([Self.request("c")]) == nil)
        #expect(!mailbox.isEmpty)
        #expect(Self.names(mailbox.take(max: 2, waitingMilliseconds: 0)) == ["a", "b"])
        #expect(Self.names(mailbox.take(max: 2, waitingMilliseconds: 0)) == ["c"])
        let none = mailbox.take(max: 2, waitingMilliseconds: 0)
        #expect(none.requests.isEmpty && !none.isLast)
    }

    @Test func fullByNumber_isBusyButLetsGo() {
        let mailbox = Mailbox()
        #expect(mailbox.put(Array(repeating: Self.request("x"), count: EngineLimits.queuedRequestsMax)) == nil)
        #expect(mailbox.put([Self.request("late")])?.code == .busy)
        #expect(mailbox.put([.unsubscribe(channel: "u", loop: 0)]) == nil)
        #expect(mailbox.put([.unsubscribe(channel: "u", loop: 0), Self.request("late")])?.code == .busy)
        var taken: [String] = []
        while !mailbox.isEmpty { taken += Self.names(mailbox.take(max: 4_096, waitingMilliseconds: 0)) }
        #expect(taken.count == EngineLimits.queuedRequestsMax + 1)
        #expect(taken.last == "-u")
        #expect(mailbox.put([Self.request("again")]) == nil)
    }

    @Test func fullByBytes_isBusyUntilSomeAreTaken() {
        let mailbox = Mailbox()
        let body = EngineLimits.queuedBytesMax / 4
        for _ in 0..<3 { #expect(mailbox.put([Self.request("x", bytes: body)]) == nil) }
        #expect(mailbox.put([Self.request("y", bytes: body)])?.code == .busy)
        #expect(mailbox.put([Self.request("small")]) == nil)
        _ = mailbox.take(max: 1, waitingMilliseconds: 0)
        #expect(mailbox.put([Self.request("y", bytes: body)]) == nil)
        #expect(mailbox.put([Self.request("z", bytes: body)])?.code == .busy)
    }

    @Test func closed_refusesAndHandsOutTheRest() {
        let mailbox = Mailbox()
        _ = mailbox.put([Self.request("a"), Self.request("b")])
        mailbox.close()
        #expect(mailbox.put([Self.request("c")])?.code == .stopping)
        #expect(mailbox.put([.unsubscribe(channel: "u", loop: 0)])?.code == .stopping)
        let first = mailbox.take(max: 1, waitingMilliseconds: 0)
        #expect(Self.names(first) == ["a"] && !first.isLast)
        let second = mailbox.take(max: 1, waitingMilliseconds: 0)
        #expect(Self.names(second) == ["b"] && second.isLast)
        #expect(mailbox.take(max: 1, waitingMilliseconds: 60_000).isLast)
    }

    @Test func closing_wakesWhoeverWaits() {
        let mailbox = Mailbox()
        let ended = Box(false)
        let thread = Thread {
            while !mailbox.take(max: 1, waitingMilliseconds: 60_000).isLast {}
            ended.value = true
        }
        thread.start()
        mailbox.close()
        #expect(eventually { ended.value })
    }

    /// The bell is a semaphore: with every request a wake-up could be lost, and the taker would sit out its whole wait.
    @Test func requestsFromManyThreads_allArriveInOrderAndAtOnce() {
        let (mailbox, threads, each) = (Mailbox(), 4, 2_000)
        for thread in 0..<threads {
            Thread { for index in 0..<each { _ = mailbox.put([Self.request("\(thread) \(index)")]) } }.start()
        }
        var (next, seen) = (Array(repeating: 0, count: threads), 0)
        let start = Date()
        while seen < threads * each, Date().timeIntervalSince(start) < 20 {
            for name in Self.names(mailbox.take(max: 16, waitingMilliseconds: 30_000)) {
                let parts = name.split(separator: " ").compactMap { Int($0) }
                #expect(parts.count == 2 && next[parts[0]] == parts[1])
                next[parts[0]] += 1
                seen += 1
            }
        }
        #expect(seen == threads * each)
        #expect(Date().timeIntervalSince(start) < 20)
    }
}
