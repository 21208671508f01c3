import Testing

@testable import Gateway

@Suite struct ChannelRulesTests {
    @Test(arguments: [
        "a", "chat", "chat:42", "$chat:42", "a/../b", "weird#1,2", "!~", ":", "a:", String(repeating: "x", count: 255),
    ])
    func name_whenPrintableASCII_isAccepted(text: String) {
        #expect(ChannelName(text)?.text == text)
    }

    @Test(arguments: [
        "", " ", "a b", "tab\there", "line\n", "del\u{7F}", "nul\0", "ünïcode", "сhat",  // Cyrillic с
        String(repeating: "x", count: 256), "\u{FEFF}chat",
    ])
    func name_whenOutsideTheRules_isError107(text: String) {
        #expect(ChannelName(text) == nil)
        guard case .failure(let refusal) = NamespaceTable().resolve(text) else {
            Issue.record("accepted \(text.debugDescription)")
            return
        }
        #expect(refusal.rawValue == 107)
    }

    @Test(
        arguments: [
            ("chat", nil, false), ("chat:42", "chat", false), ("chat:42:7", "chat", false), ("$chat:42", "chat", true),
            ("$chat", nil, true), (":x", "", false), ("$$chat:x", "$chat", true),
        ] as [(String, String?, Bool)])
    func namespace_isTextBeforeTheFirstColonWithoutPrivatePrefix(text: String, namespace: String?, isPrivate: Bool)
        throws
    {
        let name = try #require(ChannelName(text))
        #expect(name.namespace == namespace)
        #expect(name.isPrivate == isPrivate)
    }

    @Test(
        arguments: [
            ("session:9f", .session, "9f"), ("waiting:ab:c", .waiting, "ab:c"), ("presence:x", .presence, "x"),
            ("session:", .session, nil), ("$session:9f", .session, nil), ("session", nil, nil),
            ("Session:9f", nil, nil),
            ("sessions:9f", nil, nil), ("chat:session:9f", nil, nil),
        ] as [(String, ReservedNamespace?, String?)])
    func reserved_isExactlyTheServicesOwnNamespaces(text: String, reserved: ReservedNamespace?, id: String?) throws {
        let name = try #require(ChannelName(text))
        #expect(name.reserved == reserved)
        #expect(name.reservedID.map(String.init) == id)
    }
}

@Suite struct NamespaceTableTests {
    private let listed = NamespaceTable(
        withoutNamespace: ChannelOptions(historySize: 1), namespaces: ["chat": ChannelOptions(historySize: 2)])

    @Test(arguments: ["plain", "chat:1", "anything:1", ":x"])
    func table_withoutFile_knowsEveryNamespace(text: String) throws {
        let (_, options) = try NamespaceTable().resolve(text).get()
        #expect(options == .withoutFile)
        #expect(options.historySize == 1000)
        #expect(options.historyTTLMilliseconds == 86_400_000)
        #expect(options.allowRecovery)
    }

    @Test(arguments: [("plain", 1), ("chat:1", 2), ("$chat:1", 2), ("session:1", 1000)])
    func table_whenListed_findsOptions(text: String, historySize: Int) throws {
        #expect(try listed.resolve(text).get().options.historySize == historySize)
    }

    @Test(arguments: ["news:1", "Chat:1", ":x", "$news:1"])
    func table_whenNotListed_isError102(text: String) {
        #expect(throws: ChannelRefusal.unknownChannel) { try listed.resolve(text).get() }
        #expect(ChannelRefusal.unknownChannel.rawValue == 102)
    }

    @Test(arguments: [(0, 1000, false), (10, 0, false), (0, 0, false), (1, 1, true)] as [(Int, Int64, Bool)])
    func history_isOnOnlyWithSizeAndTTL(size: Int, ttl: Int64, isOn: Bool) {
        #expect(ChannelOptions(historySize: size, historyTTLMilliseconds: ttl).hasHistory == isOn)
    }
}
