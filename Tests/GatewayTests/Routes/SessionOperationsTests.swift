import HTTPTypes
import JSONBytes
import Journal
import Store
import Testing

@testable import Gateway

@Suite struct SessionOperationsTests {
    @Test func hash_differsWithEveryPart() {
        let hashes: [UInt64] = [
            ContentHash.of(.publish, []), ContentHash.of(.publish, [[]]), ContentHash.of(.publish, [[1], [2]]),
            ContentHash.of(.publish, [[1, 2], []]), ContentHash.of(.publish, [[], [1, 2]]),
            ContentHash.of(.sessionPut, [[1], [2]]),
        ]
        #expect(Set(hashes).count == hashes.count)
        #expect(ContentHash.of(.publish, [[1], [2]]) == ContentHash.of(.publish, [[1], [2]]))
    }

    @Test func drafts_carryWhatApplyNeeds() async throws {
        try await RouteRig.run { rig in
            let operations = SessionOperations(engine: rig.core.engine, terms: rig.core.terms)
            let made = operations.draft(creating: try NewSession(), owner: "ann", id: "i", key: "k")
            #expect(made.channel == "session:i")
            #expect(made.header.session == SessionTerms(type: "session", owner: "ann", ttl: 3_600_000))
            #expect(made.header.history == SessionHistory.window)
            #expect(made.header.idempotency?.window == 300_000)
            let put = operations.draft(of: .put(.null), to: "i", expecting: 7, key: nil)
            #expect(put.header.expectedVersion == 7)
            #expect(put.header.idempotency == nil)
            #expect(put.body == Array("null".utf8))
            let touch = operations.draft(of: .touch, to: "i", expecting: nil, key: nil)
            #expect(touch.header.history == nil)
            #expect(touch.body.isEmpty)
            let id = operations.newID(key: "k", identity: Identity(user: "ann"))
            #expect(id == operations.newID(key: "k", identity: Identity(user: "ann")))
            #expect(id != operations.newID(key: "k", identity: .operator))
            #expect(operations.newID(key: nil, identity: .operator) != operations.newID(key: nil, identity: .operator))
        }
    }

    @Test(arguments: [
        (Identity.operator, SessionPermission.Need.write, SessionAccess.granted),
        (Identity(user: "ann"), .read, .user("ann")), (Identity(user: "ann", sessions: ["s": .read]), .read, .granted),
        (Identity(user: "ann", sessions: ["s": .read]), .write, .user("ann")),
        (Identity(user: "", sessions: ["s": .readWrite]), .write, .granted),
        (Identity(user: "", sessions: ["t": .readWrite]), .read, .user("")), (.anonymous, .read, .user("")),
    ])
    func access_isWhatTheIdentityReaches(
        identity: Identity, need: SessionPermission.Need, expected: SessionAccess
    ) {
        #expect(SessionAccess(identity, session: "s", need: need) == expected)
    }

    @Test(arguments: EngineError.Code.allCases)
    func failures_sayWhatBecameOfTheWrite(code: EngineError.Code) {
        let problem = Problem(EngineError(code, "the disk is full"), .write)
        #expect(problem.status == .serviceUnavailable)
        #expect(problem.code == code.rawValue)
        #expect(problem.retryAfter != nil)
        let isKnown = problem.detail?.contains("the write was not made") == true
        let isUncertain = code == .outcomeUnknown || code == .notReplicated
        #expect(isKnown == !isUncertain)
        let read = Problem(EngineError(code, "the disk is full"), .read)
        #expect(read.detail == "the disk is full.")
        #expect(read.code == (isUncertain ? "unavailable" : code.rawValue))
    }

    @Test func refusals_haveEachAStatusAndACode() {
        let statuses: [Refusal: Int] = [
            .duplicate: 409, .keyConflict: 409, .busy: 503, .notFound: 404, .ended: 410, .exists: 409,
            .versionMismatch: 412, .badPatch: 400, .tooLarge: 413, .notDue: 409,
            .forbidden: 403, .stale: 409, .full: 409, .live: 409, .limited: 429, .outdated: 409,
        ]
        for refusal in Refusal.allCases { #expect(Problem(refusal).status.code == statuses[refusal]) }
    }

    @Test(arguments: [
        ("*", EntityTags.any as EntityTags?), ("\"1\"", .tags([.init(isWeak: false, text: "1")])),
        (" W/\"1\" , \"b\" ", .tags([.init(isWeak: true, text: "1"), .init(isWeak: false, text: "b")])),
        ("\"\"", .tags([.init(isWeak: false, text: "")])), ("", nil), (",", nil), ("1", nil), ("\"1\" \"2\"", nil),
        ("\"1\",,\"2\"", nil), ("*, \"1\"", nil), ("\"1", nil),
    ])
    func entityTags_areReadAsTheyAreWritten(value: String, expected: EntityTags?) {
        #expect(EntityTags(value) == expected)
    }
}
