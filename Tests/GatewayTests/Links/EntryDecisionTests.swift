import Testing

@testable import Gateway

@Suite struct EntryDecisionTests {
    /// One row: policy, who, started, and what comes of it.
    typealias Row = (EntryPolicy, EntryRole, Bool, EntryRole, EntryDecision.Outcome, EntryDecision.Presentation)

    static let rows: [Row] = [
        (.instructorRequired, .student, false, .student, .wait, .renderUI),
        (.instructorRequired, .student, true, .student, .joinLive, .passThrough),
        (.instructorRequired, .teacher, false, .teacher, .wait, .renderUI),
        (.instructorRequired, .teacher, true, .teacher, .joinLive, .passThrough),
        (.soloAllowed, .student, false, .student, .continueSolo, .passThrough),
        (.soloAllowed, .student, true, .student, .joinLive, .passThrough),
        (.soloAllowed, .teacher, false, .teacher, .wait, .renderUI),
        (.soloAllowed, .teacher, true, .teacher, .joinLive, .passThrough),
        (.soloOnly, .student, false, .student, .continueSolo, .passThrough),
        (.soloOnly, .student, true, .student, .continueSolo, .passThrough),
        (.soloOnly, .teacher, false, .student, .continueSolo, .passThrough),
        (.soloOnly, .teacher, true, .student, .continueSolo, .passThrough),
    ]

    @Test(arguments: rows)
    func entry_isDecidedByPolicyRoleAndState(row: Row) {
        let (policy, role, isStarted, resolved, outcome, presentation) = row
        let decision = EntryDecision.decide(policy: policy, role: role, isStarted: isStarted)
        #expect(decision == EntryDecision(role: resolved, outcome: outcome))
        #expect(decision.presentation == presentation)
    }

    @Test(arguments: rows)
    func entry_whereTheActivityHasNoSolo_isToldSoInsteadOfWorkingAlone(row: Row) {
        let (policy, role, isStarted, _, outcome, presentation) = row
        let decision = EntryDecision.decide(policy: policy, role: role, isStarted: isStarted, hasSolo: false)
        #expect(decision.outcome == (outcome == .continueSolo ? .soloUnavailable : outcome))
        #expect(decision.presentation == (outcome == .continueSolo ? .renderUI : presentation))
    }

    @Test func table_hasEveryCombinationOnce() {
        let combinations = Set(Self.rows.map { "\($0.0) \($0.1) \($0.2)" })
        #expect(combinations.count == EntryPolicy.allCases.count * EntryRole.allCases.count * 2)
        #expect(Self.rows.count == combinations.count)
    }

    @Test func words_areThoseOfActiveBits() {
        #expect(EntryPolicy.allCases.map(\.rawValue) == ["instructor-required", "solo-allowed", "solo-only"])
        #expect(EntryPolicy.fallback == .instructorRequired)
        #expect(EntryRole.allCases.map(\.rawValue) == ["student", "teacher"])
        let outcomes: [EntryDecision.Outcome] = [.wait, .joinLive, .continueSolo, .soloUnavailable]
        #expect(outcomes.map(\.rawValue) == ["wait", "join-live", "continue-solo", "solo-unavailable"])
        let presentations: [EntryDecision.Presentation] = [.renderUI, .passThrough]
        #expect(presentations.map(\.rawValue) == ["render-ui", "pass-through"])
    }
}
