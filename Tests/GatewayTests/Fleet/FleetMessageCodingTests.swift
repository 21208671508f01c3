import Store
import TestSupport
import Testing

@testable import Gateway

@Suite struct FleetMessageCodingTests {
    private static let node = NodeInfo(
        uid: "1f", name: "host_3000", version: "0.1", clients: 3, users: 2, subscriptions: 5, channels: 4, uptime: 9,
        resident: 1 << 30)

    private static let overrides = {
        var overrides = ChannelOverrides()
        (overrides.presence, overrides.forceRecovery, overrides.forcePushJoinLeave) = (false, true, true)
        return overrides
    }()

    static let messages: [FleetMessage] = [
        .ephemeral(EphemeralMessage(channel: "chat:1", data: Array("{\"a\":[1,\"é\"]}".utf8))),
        .ephemeral(
            EphemeralMessage(
                channel: "c", data: [0x31], info: Array("{\"user\":\"7\"}".utf8), tags: Array("{\"k\":\"v\"}".utf8))),
        .order(UserOrder(user: "7", action: .disconnect(code: 3_503, reason: "force disconnect"))),
        .order(UserOrder(user: "é", whitelist: ["x", "y"], action: .disconnect(code: 4_999, reason: ""))),
        .order(UserOrder(user: "7", client: "c", action: .unsubscribe(channel: "chat:1"))),
        .order(UserOrder(user: "7", action: .unsubscribe(channel: ""))),
        .order(
            UserOrder(
                user: "7",
                action: .subscribe(
                    ServerSubscription(
                        channel: "chat:1", info: Array("{\"a\":1}".utf8), data: Array("[true]".utf8),
                        overrides: overrides, expiresAt: 1_800_000_000_000,
                        recoverSince: Store.Position(epoch: "e", offset: 0))))),
        .order(UserOrder(user: "7", client: "c", action: .subscribe(ServerSubscription(channel: "a")))),
        .order(UserOrder(user: "7", action: .refresh(UserOrder.Refresh(isExpired: true)))),
        .order(
            UserOrder(user: "7", action: .refresh(UserOrder.Refresh(expiresAt: 1_800_000_000_000, info: [0x31])))),
        .question(SurveyQuestion(id: .max, subject: .channels(pattern: "chat:*"))),
        .question(SurveyQuestion(id: 1, subject: .channels(pattern: ""))),
        .question(SurveyQuestion(id: 0, subject: .info)),
        .answer(SurveyPage(id: 4, page: 1, pages: 2, content: .channels(["a": 1, "b": 70_000]))),
        .answer(SurveyPage(id: 4, page: 0, pages: 1, content: .channels([:]))),
        .answer(SurveyPage(id: 4, page: 0, pages: 1, content: .info(node))),
    ]

    @Test(arguments: messages) func message_whenEncoded_comesBack(message: FleetMessage) throws {
        let bytes = try #require(FleetMessageCoding.encode(message))
        #expect(bytes.first == FleetMessageCoding.version)
        #expect(FleetMessageCoding.decode(bytes) == .message(message))
    }

    @Test(arguments: messages) func message_whenCutShortOrContinued_isMalformed(message: FleetMessage) throws {
        let bytes = try #require(FleetMessageCoding.encode(message))
        for count in 0..<bytes.count {
            #expect(FleetMessageCoding.decode(Array(bytes.prefix(count))) == .malformed, "\(count) bytes")
        }
        #expect(FleetMessageCoding.decode(bytes + [0]) == .malformed)
    }

    @Test func message_whenOfANewerNode_isUnknown() throws {
        var bytes = try #require(FleetMessageCoding.encode(Self.messages[0]))
        bytes[0] = 2
        #expect(FleetMessageCoding.decode(bytes) == .unknown)
        #expect(FleetMessageCoding.decode([1, 0]) == .unknown)
        #expect(FleetMessageCoding.decode([1, 200, 1, 2, 3]) == .unknown)
    }

    /// Whatever is made of mutated bytes could have been sent as it is: nothing half read gets through.
    @Test func bytes_whenMutated_areAMessageThatCouldHaveBeenSentOrNone() throws {
        var generator = SeededGenerator(seed: 11)
        for message in Self.messages {
            let original = try #require(FleetMessageCoding.encode(message))
            for _ in 0..<2_000 {
                var bytes = original
                for _ in 0..<Int.random(in: 1...3, using: &generator) {
                    let place = Int.random(in: 0..<bytes.count, using: &generator)
                    bytes[place] = Bool.random(using: &generator) ? UInt8.random(in: 0...255, using: &generator) : 0xFF
                }
                guard case .message(let found) = FleetMessageCoding.decode(bytes) else { continue }
                let again = try #require(FleetMessageCoding.encode(found))
                #expect(FleetMessageCoding.decode(again) == .message(found))
            }
        }
    }

    @Test(
        arguments: [
            .ephemeral(EphemeralMessage(channel: "a b", data: [0x31])),
            .ephemeral(EphemeralMessage(channel: "a", data: [])),
            .ephemeral(EphemeralMessage(channel: "a", data: Array("{\"a\":1}}".utf8))),
            .ephemeral(EphemeralMessage(channel: "a", data: [0x31], info: Array("[]".utf8))),
            .order(UserOrder(user: "", action: .unsubscribe(channel: "a"))),
            .order(UserOrder(user: "7", action: .unsubscribe(channel: "a b"))),
            .order(UserOrder(user: "7", action: .disconnect(code: 1_000, reason: ""))),
            .order(UserOrder(user: "7", action: .disconnect(code: 3_500, reason: "a\nb"))),
            .order(UserOrder(user: "7", action: .disconnect(code: 3_500, reason: "{}"))),
            .question(SurveyQuestion(id: 1, subject: .channels(pattern: "["))),
            .answer(SurveyPage(id: 1, page: 1, pages: 1, content: .channels([:]))),
            .answer(SurveyPage(id: 1, page: 0, pages: 9_999, content: .channels([:]))),
            .answer(SurveyPage(id: 1, page: 0, pages: 1, content: .channels(["a b": 1]))),
        ] as [FleetMessage]) func message_whenAClientCouldNotHaveAskedForIt_isMalformed(message: FleetMessage) throws
    {
        let bytes = try #require(FleetMessageCoding.encode(message))
        #expect(FleetMessageCoding.decode(bytes) == .malformed)
    }

    @Test func lineBreaks_whenAPayloadHasThem_areTakenOut() throws {
        let message = FleetMessage.ephemeral(EphemeralMessage(channel: "a", data: Array("{\n\"a\":\n1}".utf8)))
        let bytes = try #require(FleetMessageCoding.encode(message))
        guard case .message(.ephemeral(let found)) = FleetMessageCoding.decode(bytes) else {
            Issue.record("not read")
            return
        }
        #expect(!found.data.contains(UInt8(ascii: "\n")))
    }

    @Test func encode_whenLongerThanAMessageMayBe_isNothing() {
        let data = [UInt8](repeating: 0x31, count: FleetLimits.messageBytesMax)
        #expect(FleetMessageCoding.encode(.ephemeral(EphemeralMessage(channel: "a", data: data))) == nil)
    }

    @Test func pages_whenThereAreManyChannels_holdEachOnce() throws {
        let counts = Dictionary(
            (0..<(2 * FleetLimits.pageChannelsMax + 1)).map { ("c\($0)", $0) }, uniquingKeysWith: { first, _ in first })
        let pages = try #require(SurveyPage.channels(counts, id: 3))
        #expect(pages.count == 3)
        var found: [String: Int] = [:]
        for page in pages {
            guard case .channels(let some) = page.content else { continue }
            found.merge(some) { left, right in left + right }
        }
        #expect(found == counts)
        #expect(SurveyPage.channels([:], id: 3)?.count == 1)
    }
}
