import JSONBytes
import Testing

@testable import Gateway

@Suite struct LinkInputTests {
    private static let hash = LinkSamples.hashText
    /// A body that is right in all its members, for every request.
    private static let right: [(name: String, value: String)] = [
        ("activityName", #""raffle""#), ("hash", "\"\(hash)\""), ("teacherCode", #""teach-1234""#),
        ("selectedOptions", #"{"b":"2","a":"1"}"#), ("entryPolicy", #""solo-allowed""#), ("urlHash", #""00""#),
        ("values", #"{"name": "Ada"}"#), ("token", #""ab_C-1""#),
    ]

    /// What reads one body.
    enum Request: CaseIterable {
        case create, authenticate, update, remove, entryParticipant, consume

        func read(_ body: String) throws(LinkFault) {
            let bytes = Array(body.utf8)
            switch self {
            case .create: _ = try LinkInput.Create(json: bytes)
            case .authenticate: _ = try LinkInput.Authenticate(json: bytes)
            case .update: _ = try LinkInput.Update(json: bytes)
            case .remove: _ = try LinkInput.Remove(json: bytes)
            case .entryParticipant: _ = try LinkInput.EntryParticipant(json: bytes)
            case .consume: _ = try LinkInput.Consume(json: bytes)
            }
        }

        /// The members that it takes, and those of them that it needs.
        var members: (known: Set<String>, needed: Set<String>) {
            let link: Set = ["activityName", "hash"]
            let terms: Set = ["selectedOptions", "entryPolicy"]
            return switch self {
            case .create: (terms.union(["activityName", "teacherCode"]), ["activityName", "teacherCode"])
            case .authenticate:
                (link.union(terms).union(["teacherCode", "urlHash"]), link.union(["teacherCode"]))
            case .update: (link.union(terms), link)
            case .remove: (link, link)
            case .entryParticipant: (["values"], ["values"])
            case .consume: (["token"], ["token"])
            }
        }
    }

    /// The right body with one member replaced; nil leaves it out.
    private static func body(_ name: String = "", _ value: String? = nil) -> String {
        let members = right.compactMap { member in
            let shown = member.name == name ? value : member.value
            return shown.map { "\"\(member.name)\":\($0)" }
        }
        return "{" + members.joined(separator: ",") + "}"
    }

    private static func fault(_ request: Request, _ body: String) -> LinkFault? {
        LinkSamples.fault { try request.read(body) }
    }

    @Test func bodies_whenRight_areRead() throws {
        let bytes = Array(Self.body().utf8)
        let terms = LinkTerms(policy: .soloAllowed, options: try LinkOptions(["a": "1", "b": "2"]))
        let hash = try LinkSamples.hash
        let create = try LinkInput.Create(json: bytes)
        #expect(create.activity == "raffle" && create.code == "teach-1234" && create.terms == terms)
        let authenticate = try LinkInput.Authenticate(json: bytes)
        #expect(authenticate.activity == "raffle" && authenticate.hash == hash && authenticate.code == "teach-1234")
        #expect(authenticate.claimed == terms && authenticate.urlHash == "00")
        let update = try LinkInput.Update(json: bytes)
        #expect(update.activity == "raffle" && update.hash == hash && update.terms(after: .fallback) == terms)
        let remove = try LinkInput.Remove(json: bytes)
        #expect(remove.activity == "raffle" && remove.hash == hash)
        #expect(try LinkInput.EntryParticipant(json: bytes).values.string == #"{"name": "Ada"}"#)
        #expect(try LinkInput.Consume(json: bytes).token == "ab_C-1")
    }

    @Test func bodies_withoutWhatIsOptional_haveTheDefaults() throws {
        let create = try LinkInput.Create(json: Array(#"{"activityName":"a","teacherCode":"123456"}"#.utf8))
        #expect(create.terms == .fallback)
        let link = #"{"activityName":"a","hash":"\#(Self.hash)","teacherCode":"123456""#
        let authenticate = try LinkInput.Authenticate(json: Array((link + "}").utf8))
        #expect(authenticate.claimed == .fallback && authenticate.urlHash == nil)
        let old = LinkTerms(policy: .soloOnly, options: try LinkOptions(["a": "1"]))
        #expect(try LinkInput.Update(json: Array((link + "}").utf8)).terms(after: old) == old)
        let emptied = try LinkInput.Update(json: Array((link + #","selectedOptions":{}}"#).utf8)).terms(after: old)
        #expect(emptied == LinkTerms(policy: .soloOnly))
    }

    @Test(
        arguments: [
            ("teacherCode", #""12345""#, .badCode), ("teacherCode", #""""#, .badCode),
            ("teacherCode", "123456", .badCode),
            ("teacherCode", "{}", .badCode), ("teacherCode", "\"\(String(repeating: "c", count: 101))\"", .badCode),
            ("teacherCode", "\"\(String(repeating: "🙂", count: 51))\"", .badCode),
            ("activityName", #""""#, .badActivity), ("activityName", #""a b""#, .badActivity),
            ("activityName", #""../x""#, .badActivity), ("activityName", #""é""#, .badActivity),
            ("activityName", "7", .badActivity), ("activityName", "[]", .badActivity),
            ("activityName", "\"\(String(repeating: "a", count: 65))\"", .badActivity),
            ("hash", "7", .missingHash), ("hash", #""""#, .hashLength(0)), ("hash", #""0a1b""#, .hashLength(4)),
            ("hash", "\"\(hash)0\"", .hashLength(21)), ("hash", #""0A1B2C3D9144F57E88F5""#, .badHash),
            ("entryPolicy", #""open""#, .badPolicy), ("entryPolicy", #""""#, .badPolicy),
            ("entryPolicy", "1", .badPolicy),
            ("entryPolicy", #""Solo-Only""#, .badPolicy),
            ("selectedOptions", "[]", .badOptions), ("selectedOptions", #""a=1""#, .badOptions),
            ("selectedOptions", #"{"a":1}"#, .badOptions), ("urlHash", "7", .badURLHash),
            ("values", "[]", .badValues), ("values", #""x""#, .badValues),
            ("values", "{\"a\":\"\(String(repeating: "x", count: 8192))\"}", .valuesTooLarge),
            ("token", "7", .badToken), ("token", #""""#, .badToken), ("token", #""a b""#, .badToken),
            ("token", "\"\(String(repeating: "t", count: 129))\"", .badToken),
        ] as [(String, String, LinkFault)])
    func member_whenWrong_isRefusedWhereItIsKnown_andIgnoredElsewhere(name: String, value: String, fault: LinkFault) {
        for request in Request.allCases {
            let expected = request.members.known.contains(name) ? fault : nil
            #expect(Self.fault(request, Self.body(name, value)) == expected)
        }
    }

    @Test(arguments: right.map(\.name)) func member_whenAbsentOrNull_isRefusedWhereItIsNeeded(name: String) {
        for request in Request.allCases {
            let absent = Self.fault(request, Self.body(name))
            #expect((absent != nil) == request.members.needed.contains(name))
            #expect(Self.fault(request, Self.body(name, "null")) == absent)
        }
    }

    @Test(arguments: [
        #""123456""#, "\"\(String(repeating: "c", count: 100))\"", "\"\(String(repeating: "🙂", count: 50))\"",
        #""      ""#,
    ])
    func code_atItsBounds_isAccepted(code: String) {
        #expect(Self.fault(.create, Self.body("teacherCode", code)) == nil)
    }

    @Test func values_atTheirBound_areAccepted() {
        let values = "{\"a\":\"\(String(repeating: "x", count: 8192 - 8))\"}"
        #expect(values.utf8.count == 8192 && Self.fault(.entryParticipant, Self.body("values", values)) == nil)
    }

    @Test(arguments: Request.allCases, ["", "[]", "7", "{", "{}x", #"{"a" 1}"#, "\u{FEFF}{}", #"{"hash":tru}"#])
    func body_whenNotOneObject_isRefused(request: Request, body: String) {
        #expect(Self.fault(request, body)?.code == "bad-json")
        let deep = #"{"x":"# + String(repeating: "[", count: 40) + String(repeating: "]", count: 40) + "}"
        #expect(Self.fault(request, deep)?.code == "too-deep")
    }

    @Test func sentences_nameWhatIsAccepted() {
        let sentences: [(LinkFault, String)] = [
            (.badCode, "A teacher code is a text of 6 to 100 characters."),
            (
                .badActivity,
                "An activityName has 1 to 64 characters out of letters, digits, \"-\" and \"_\"."
            ),
            (.badPolicy, "An entryPolicy is one of instructor-required, solo-allowed, solo-only."),
            (.missingHash, "A hash is a text of 20 characters."),
            (.hashLength(3), "Invalid link format (corrupted URL). Expected 20 characters, got 3."),
            (.valuesTooLarge, "values has at most 8192 bytes."),
        ]
        for (fault, sentence) in sentences { #expect(fault.sentence == sentence) }
        #expect(LinkFault.valuesTooLarge.isTooLarge && !LinkFault.badValues.isTooLarge)
    }

    @Test func activity_whenNotListed_isRefused() {
        let open = LinkSettings(secrets: LinkSamples.secrets)
        let closed = LinkSettings(secrets: LinkSamples.secrets, activities: ["raffle"])
        #expect(LinkSamples.fault { try open.check(activity: "poll") } == nil)
        #expect(LinkSamples.fault { try open.check(activity: "a b") } == .badActivity)
        #expect(LinkSamples.fault { try closed.check(activity: "raffle") } == nil)
        #expect(LinkSamples.fault { try closed.check(activity: "poll") } == .foreignActivity)
    }
}
