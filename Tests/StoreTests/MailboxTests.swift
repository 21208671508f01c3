import Foundation
import Journal
import TestSupport
import Testing

@testable import Store

@Suite struct MailboxTests {
    private let rings = Box(0)
    private let mailbox: Mailbox

    init() {
        let rings = rings
        mailbox = Mailbox { rings.with { $0 += 1 } }
    }

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
        #expect(mailbox.isEmpty)
        #expect(mailbox.put([Self.request("a"), Self.request("b")]) == nil)
        #expect(mailbox.put([Self.request("c")]) == nil)
        #expect(!mailbox.isEmpty)
        #expect(Self.names(mailbox.take(max: 2)) == ["a", "b"])
        #expect(Self.names(mailbox.take(max: 2)) == ["c"])
        let none = mailbox.take(max: 2)
        #expect(none.requests.isEmpty && !none.isLast)
    }

    @Test func fullByNumber_isBusyButLetsGo() {
        #expect(mailbox.put(Array(repeating: Self.request("x"), count: EngineLimits.queuedRequestsMax)) == nil)
        #expect(mailbox.put([Self.request("late")])?.code == .busy)
        #expect(mailbox.put([.unsubscribe(channel: "u", loop: 0)]) == nil)
        #expect(mailbox.put([.unsubscribe(channel: "u", loop: 0), Self.request("late")])?.code == .busy)
        var taken: [String] = []
        while !mailbox.isEmpty { taken += Self.names(mailbox.take(max: 4_096)) }
        #expect(taken.count == EngineLimits.queuedRequestsMax + 1)
        #expect(taken.last == "-u")
        #expect(mailbox.put([Self.request("again")]) == nil)
    }

    @Test func fullByBytes_isBusyUntilSomeAreTaken() {
        let body = EngineLimits.queuedBytesMax / 4
        for _ in 0..<3 { #expect(mailbox.put([Self.request("x", bytes: body)]) == nil) }
        #expect(mailbox.put([Self.request("y", bytes: body)])?.code == .busy)
        #expect(mailbox.put([Self.request("small")]) == nil)
        _ = mailbox.take(max: 1)
        #expect(mailbox.put([Self.request("y", bytes: body)]) == nil)
        #expect(mailbox.put([Self.request("z", bytes: body)])?.code == .busy)
    }

    @Test func closed_refusesAndHandsOutTheRest() {
        _ = mailbox.put([Self.request("a"), Self.request("b")])
        mailbox.close()
        #expect(mailbox.put([Self.request("c")])?.code == .stopping)
        #expect(mailbox.put([.unsubscribe(channel: "u", loop: 0)])?.code == .stopping)
        #expect(mailbox.put([.flushed]) == nil)
        let first = mailbox.take(max: 1)
        #expect(Self.names(first) == ["a"] && !first.isLast)
        #expect(Self.names(mailbox.take(max: 1)) == ["b"])
        let last = mailbox.take(max: 1)
        #expect(last.requests.count == 1 && last.isLast)
        #expect(mailbox.take(max: 1).isLast)
    }

    @Test func ended_refusesWhatComesBackToo() {
        _ = mailbox.put([Self.request("a")])
        #expect(mailbox.end().count == 1)
        #expect(mailbox.put([.flushed])?.code == .stopping)
        #expect(mailbox.take(max: 1).isLast)
    }

    @Test func firstRequestWhileResting_ringsOnce() {
        _ = mailbox.put([Self.request("a")])
        #expect(rings.value == 0)
        #expect(!mailbox.mayRest())
        _ = mailbox.take(max: 1)
        #expect(mailbox.mayRest())
        _ = mailbox.put([Self.request("b")])
        _ = mailbox.put([Self.request("c")])
        #expect(rings.value == 1)
        _ = mailbox.take(max: 1)
        #expect(!mailbox.mayRest())
        _ = mailbox.put([Self.request("d")])
        #expect(rings.value == 1)
    }

    /// Between the last look and the rest something may come: it must not wait for the next ring.
    @Test func newsBetweenTakingAndResting_keepsAwake() {
        _ = mailbox.take(max: 1)
        mailbox.close()
        #expect(!mailbox.mayRest())
        #expect(mailbox.take(max: 1).isLast)
        #expect(mailbox.mayRest())
        _ = mailbox.put([.flushed])
        #expect(rings.value == 1)
    }

    @Test func closingWhileResting_rings() {
        _ = mailbox.take(max: 1)
        #expect(mailbox.mayRest())
        mailbox.close()
        #expect(rings.value == 1)
    }
}
