import Testing

@testable import Gateway

/// Names that say who may subscribe, and names that a namespace accepts.
@Suite struct UserLimitedChannelTests {
    private func verdict(
        _ channel: String, _ user: String, _ options: ChannelOptions, insecure: Bool = false
    ) throws -> ChannelPermissions.Verdict {
        ChannelPermissions(insecure: insecure).decide(
            .subscribe, on: try #require(ChannelName(channel)), options: options, identity: Identity(user: user),
            isSubscribed: false)
    }

    @Test(arguments: [
        ("chat#42", "42", true), ("chat#42,43", "43", true), ("chat#42,43", "4", false), ("chat#42", "42,43", false),
        ("chat#", "", false), ("chat#,", "", false), ("chat#42", "", false), ("chat#7#42", "42", true),
        ("chat#42#7", "42", false), ("chat", "42", false), ("$chat#42", "42", false), ("a:b#42", "42", true),
    ])
    func name_withUsers_isOpenToThemAndNobodyElse(channel: String, user: String, isAllowed: Bool) throws {
        let limited = ChannelOptions(allowUserLimitedChannels: true)
        let open = ChannelOptions(
            allowUserLimitedChannels: true, subscribe: ClientAccess(forClient: true, forAnonymous: true))
        #expect(try verdict(channel, user, limited) == (isAllowed ? .allow : .deny(.permissionDenied)))
        if channel.contains("#") {
            #expect(try verdict(channel, user, open) == (isAllowed ? .allow : .deny(.permissionDenied)))
        }
        #expect(try verdict(channel, user, ChannelOptions()) == .deny(.permissionDenied), "the option is off")
        #expect(try verdict(channel, user, limited, insecure: true) == .allow)
    }

    @Test(
        arguments: [
            ("chat:room-1", nil), ("chat:Room", 107), ("chat:", 107), ("$chat:room", nil), ("chat:room:2", 107),
            ("room", nil), ("ROOM", nil),
        ] as [(String, Int?)])
    func pattern_isForTheNameBehindTheNamespace(channel: String, code: Int?) throws {
        let pattern = try #require(ChannelPattern("^[a-z0-9-]+$"))
        let table = NamespaceTable(
            withoutNamespace: .withoutFile, namespaces: ["chat": ChannelOptions(pattern: pattern)])
        switch table.resolve(channel) {
        case .success: #expect(code == nil)
        case .failure(let refusal): #expect(refusal.rawValue == code)
        }
    }

    @Test func pattern_whenItIsNone_isNotMade() throws {
        #expect(ChannelPattern("[") == nil && ChannelPattern("(") == nil)
        #expect(ChannelPattern("a") == ChannelPattern("a") && ChannelPattern("a") != ChannelPattern("b"))
        #expect(try #require(ChannelPattern("b")).matches("abc"), "anywhere in the name, as in Centrifugo")
    }
}
