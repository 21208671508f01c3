import TestSupport
import Testing

@testable import Gateway

@Suite struct PresenceMessageCodingTests {
    private static let full = PresenceMember(
        client: ClientID(high: .max, low: 7), user: "ann é", connectionInfo: Array(#"{"name":"Ann"}"#.utf8),
        channelInfo: Array("[1]".utf8), isTold: true)

    static let messages: [PresenceMessage] = [
        .delta(counter: 1, []),
        .delta(
            counter: .max,
            [
                PresenceChange(channel: "c", member: full, isJoin: true),
                PresenceChange(channel: "d", member: PresenceMember(client: full.client, user: ""), isJoin: false),
                .join(3),
            ]),
        .digest(counter: 4, PresenceMark(value: .max, count: 2)),
        .table(PresencePage(counter: 2, page: 0, pages: 1, entries: [])),
        .table(PresencePage(counter: 2, page: 3, pages: 9, entries: [.init(channel: "c", member: full), .sample(1)])),
        .ask(0xB),
    ]

    @Test(arguments: messages)
    func message_comesBackAsItWas(message: PresenceMessage) throws {
        let bytes = try #require(FleetMessageCoding.encode(.presence(message)))
        #expect(FleetMessageCoding.decode(bytes) == .message(.presence(message)))
        for count in 0..<bytes.count {
            #expect(FleetMessageCoding.decode(Array(bytes.prefix(count))) == .malformed, "cut to \(count) bytes")
        }
        #expect(FleetMessageCoding.decode(bytes + [0]) == .malformed)
    }

    /// Whatever comes is a message or malformed; what reads as a message can be told to clients.
    @Test(arguments: 0..<200 as Range<UInt64>)
    func message_whenMutated_isReadOrRefused(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let message = Self.messages[Int(generator.next() % UInt64(Self.messages.count))]
        var bytes = try #require(FleetMessageCoding.encode(.presence(message)))
        for _ in 0..<3 {
            bytes[2 + Int(generator.next() % UInt64(bytes.count - 2))] = UInt8(truncatingIfNeeded: generator.next())
        }
        switch FleetMessageCoding.decode(bytes) {
        case .message(.presence(let read)):
            let again = try #require(FleetMessageCoding.encode(.presence(read)))
            #expect(FleetMessageCoding.decode(again) == .message(.presence(read)), "seed \(seed)")
        case .message, .unknown: Issue.record("seed \(seed): the first two bytes stayed")
        case .malformed: break
        }
    }

    @Test func table_whenLarge_isCutIntoPagesThatCanBeSent() throws {
        let entries = (0..<3_000).map { PresencePage.Entry.sample(UInt64($0)) }
        let pages = try #require(PresencePage.pages(entries, counter: 7))
        #expect(pages.map(\.entries.count) == [1_024, 1_024, 952])
        #expect(pages.map(\.page) == [0, 1, 2])
        #expect(pages.flatMap(\.entries) == entries)
        #expect(PresencePage.pages([], counter: 7)?.count == 1)
        let large = PresenceMember.sample(1, info: "\"" + String(repeating: "x", count: 700_000) + "\"")
        let heavy = Array(repeating: PresencePage.Entry(channel: "c", member: large), count: 3)
        #expect(PresencePage.pages(heavy, counter: 7)?.count == 3)
    }
}
