import Testing

@testable import Gateway

/// One line of the table: who, subscribed or not, under which access, with which result.
struct AccessCase: Sendable, CustomTestStringConvertible {
    let access: ClientAccess
    let user: String
    let isSubscribed: Bool
    let isAllowed: Bool
    /// The result of subscribing, where being a subscriber can't count.
    let mayJoin: Bool

    init(_ access: ClientAccess, _ user: String, subscribed: Bool, _ isAllowed: Bool, join: Bool) {
        self.access = access
        self.user = user
        self.isSubscribed = subscribed
        self.isAllowed = isAllowed
        self.mayJoin = join
    }

    var testDescription: String { "\(access) \(user.isEmpty ? "anonymous" : "user") subscribed: \(isSubscribed)" }

    private static let client = ClientAccess(forClient: true)
    private static let subscriber = ClientAccess(forSubscriber: true)

    /// All 2³ accesses with both users, subscribed and not.
    static let all: [AccessCase] = [
        .init(.init(), "42", subscribed: false, false, join: false),
        .init(.init(), "42", subscribed: true, false, join: false),
        .init(.init(), "", subscribed: false, false, join: false),
        .init(.init(), "", subscribed: true, false, join: false),
        .init(client, "42", subscribed: false, true, join: true),
        .init(client, "42", subscribed: true, true, join: true),
        .init(client, "", subscribed: false, false, join: false),
        .init(client, "", subscribed: true, false, join: false),
        .init(subscriber, "42", subscribed: false, false, join: false),
        .init(subscriber, "42", subscribed: true, true, join: false),
        .init(subscriber, "", subscribed: false, false, join: false),
        .init(subscriber, "", subscribed: true, false, join: false),
        .init(.init(forAnonymous: true), "42", subscribed: true, false, join: false),
        .init(.init(forAnonymous: true), "", subscribed: false, false, join: false),
        .init(.init(forAnonymous: true), "", subscribed: true, false, join: false),
        .init(.init(forClient: true, forAnonymous: true), "", subscribed: false, true, join: true),
        .init(.init(forClient: true, forAnonymous: true), "42", subscribed: false, true, join: true),
        .init(.init(forSubscriber: true, forAnonymous: true), "", subscribed: false, false, join: false),
        .init(.init(forSubscriber: true, forAnonymous: true), "", subscribed: true, true, join: false),
        .init(.init(forClient: true, forSubscriber: true), "42", subscribed: false, true, join: true),
        .init(.init(forClient: true, forSubscriber: true), "", subscribed: true, false, join: false),
        .init(.init(forClient: true, forSubscriber: true, forAnonymous: true), "", subscribed: false, true, join: true),
    ]
}

@Suite struct ChannelPermissionsTests {
    private let closed = ChannelPermissions(insecure: false)
    private let open = ChannelPermissions(insecure: true)

    private func verdict(
        _ operation: ChannelPermissions.Operation, _ channel: String = "chat:1",
        _ options: ChannelOptions = ChannelOptions(),
        _ identity: Identity = Identity(user: "42"), subscribed: Bool = false, insecure: Bool = false
    ) throws -> ChannelPermissions.Verdict {
        let name = try #require(ChannelName(channel))
        return ChannelPermissions(insecure: insecure)
            .decide(operation, on: name, options: options, identity: identity, isSubscribed: subscribed)
    }

    @Test(arguments: AccessCase.all)
    func access_decidesEachOperationByItsOwnRule(row: AccessCase) throws {
        let identity = Identity(user: row.user)
        let denied = ChannelPermissions.Verdict.deny(.permissionDenied)
        let publish = try verdict(
            .publish, "chat:1", .init(publish: row.access), identity, subscribed: row.isSubscribed)
        let history = try verdict(
            .history, "chat:1", .init(history: row.access), identity, subscribed: row.isSubscribed)
        let subscribe = try verdict(
            .subscribe, "chat:1", .init(subscribe: row.access), identity, subscribed: row.isSubscribed)
        #expect(publish == (row.isAllowed ? .allow : denied))
        #expect(history == (row.isAllowed ? .allow : denied))
        #expect(subscribe == (row.mayJoin ? .allow : denied))
        let presence = try verdict(
            .presence, "chat:1", .init(presence: .init(isOn: true, access: row.access)), identity,
            subscribed: row.isSubscribed)
        #expect(presence == (row.isAllowed ? .allow : denied))
    }

    @Test(arguments: ChannelPermissions.Operation.allCases)
    func access_ofOneOperation_opensNoOther(operation: ChannelPermissions.Operation) throws {
        let all = ClientAccess(forClient: true, forSubscriber: true, forAnonymous: true)
        let others = ChannelOptions(
            subscribe: operation == .subscribe ? .init() : all, publish: operation == .publish ? .init() : all,
            history: operation == .history ? .init() : all,
            presence: .init(isOn: true, access: operation == .presence ? .init() : all))
        #expect(try verdict(operation, "chat:1", others, subscribed: true) == .deny(.permissionDenied))
    }

    @Test(arguments: ChannelPermissions.Operation.allCases)
    func insecureAndOperator_mayDoEverythingInPlainChannels(operation: ChannelPermissions.Operation) throws {
        let options = ChannelOptions(presence: .init(isOn: true))
        #expect(try verdict(operation, "chat:1", options, .anonymous, insecure: true) == .allow)
        #expect(try verdict(operation, "$chat:1", options, .anonymous, insecure: true) == .allow)
        #expect(try verdict(operation, "chat:1", options, .operator) == .allow)
    }

    @Test func history_whenNamespaceHasNone_isError108ForEveryone() throws {
        let off = ChannelOptions(historySize: 0, history: ClientAccess(forClient: true))
        #expect(try verdict(.history, "chat:1", off) == .deny(.notAvailable))
        #expect(try verdict(.history, "chat:1", off, .operator) == .deny(.notAvailable))
        #expect(try verdict(.history, "chat:1", off, insecure: true) == .deny(.notAvailable))
        #expect(ChannelRefusal.notAvailable.rawValue == 108)
    }

    @Test func privateChannel_whenSubscribedWithoutToken_isDenied() throws {
        let options = ChannelOptions(subscribe: ClientAccess(forClient: true, forAnonymous: true))
        #expect(try verdict(.subscribe, "$chat:1", options) == .deny(.permissionDenied))
        #expect(try verdict(.subscribe, "chat:1", options) == .allow)
    }

    @Test(arguments: ["session:1", "waiting:1", "presence:1"])
    func reserved_refusesPublishingForEveryone_andAsksTheOwnerForTheRest(channel: String) throws {
        let all = ClientAccess(forClient: true, forSubscriber: true, forAnonymous: true)
        let options = ChannelOptions(subscribe: all, publish: all, history: all)
        let reserved = try #require(ChannelName(channel)?.reserved)
        for (identity, insecure) in [(Identity(user: "42"), false), (.anonymous, true), (.operator, false)] {
            #expect(
                try verdict(.publish, channel, options, identity, subscribed: true, insecure: insecure)
                    == .deny(.permissionDenied))
            #expect(try verdict(.subscribe, channel, options, identity, insecure: insecure) == .askOwner(reserved))
            #expect(try verdict(.history, channel, options, identity, insecure: insecure) == .askOwner(reserved))
            #expect(
                try verdict(.subscribe, "$" + channel, options, identity, insecure: insecure)
                    == .deny(.permissionDenied))
        }
    }

    @Test func withoutFile_usersMaySubscribeAndReadButNotPublish() throws {
        #expect(try verdict(.subscribe, "chat:1", .withoutFile) == .allow)
        #expect(try verdict(.history, "chat:1", .withoutFile) == .allow)
        #expect(try verdict(.publish, "chat:1", .withoutFile, subscribed: true) == .deny(.permissionDenied))
        #expect(try verdict(.subscribe, "chat:1", .withoutFile, .anonymous) == .deny(.permissionDenied))
    }

    @Test func position_followsForceThenWishThenPermission() {
        let user = Identity(user: "42")
        let none = ChannelOptions(allowPositioning: false, allowRecovery: false)
        let reads = ChannelOptions(
            allowPositioning: false, allowRecovery: false, history: ClientAccess(forSubscriber: true))
        let forced = ChannelOptions(allowPositioning: false, allowRecovery: false, forceRecovery: true)
        let positioned = ChannelOptions(allowPositioning: false, forcePositioning: true, allowRecovery: false)
        func position(_ options: ChannelOptions, wants: Bool) -> [Bool] {
            let (a, b) = closed.position(
                options: options, identity: user, wantsPositioned: wants, wantsRecoverable: wants)
            return [a, b]
        }
        #expect(position(ChannelOptions(), wants: true) == [true, true])
        #expect(position(ChannelOptions(), wants: false) == [false, false])
        #expect(position(none, wants: true) == [false, false])
        #expect(position(reads, wants: true) == [true, true])
        #expect(position(forced, wants: false) == [true, true])
        #expect(position(positioned, wants: true) == [true, false])
        #expect(position(ChannelOptions(historySize: 0, forceRecovery: true), wants: true) == [false, false])
        let (_, opened) = open.position(options: none, identity: user, wantsPositioned: false, wantsRecoverable: true)
        #expect(opened)
    }
}

@Suite struct SessionPermissionTests {
    @Test(
        arguments: [
            (.operator, "42", true, true),
            (Identity(user: "42"), "42", true, true),
            (Identity(user: "43"), "42", false, false),
            (Identity(user: "42"), "", false, false),
            (.anonymous, "", false, false),
            (.anonymous, "42", false, false),
            (Identity(user: "", sessions: ["s": .read]), "42", true, false),
            (Identity(user: "", sessions: ["s": .readWrite]), "42", true, true),
            (Identity(user: "43", sessions: ["other": .readWrite]), "42", false, false),
            (Identity(user: "42", sessions: ["s": .read]), "42", true, true),
            (Identity(user: "4２"), "42", false, false),
        ] as [(Identity, String, Bool, Bool)])
    func session_isReachedByKeyOwnerOrClaim(identity: Identity, owner: String, reads: Bool, writes: Bool) {
        #expect(SessionPermission.decide(identity: identity, owner: owner, id: "s", need: .read) == reads)
        #expect(SessionPermission.decide(identity: identity, owner: owner, id: "s", need: .write) == writes)
    }
}
