/// As whom somebody comes through a link.
enum EntryRole: String, Sendable, CaseIterable {
    case student
    case teacher
}

/// Where somebody who opens a link is taken.
///
/// | policy | who | not started | started |
/// |---|---|---|---|
/// | instructor-required | student | waits: only a teacher opens the room | joins the live session |
/// | | teacher | waits, until the code or the button starts it | joins the live session |
/// | solo-allowed | student | works alone: nobody has to be waited for | joins: company goes before working alone |
/// | | teacher | waits: who could start it didn't come to work alone | joins the live session |
/// | solo-only | student | works alone | works alone: such a link has no live session, whatever once ran |
/// | | teacher | works alone, as a student: there is nothing to start | works alone, for the same reason |
///
/// A teacher who opens a solo-only link isn't refused: only giving the code there is, because it would start something.
/// Where working alone is due but the activity can't be done alone, it is `solo-unavailable`: an answer, not a silent wait.
///
/// - Source: ActiveBits, whose clients know these words.
struct EntryDecision: Sendable, Equatable {
    /// What happens.
    enum Outcome: String, Sendable {
        case wait
        case joinLive = "join-live"
        case continueSolo = "continue-solo"
        case soloUnavailable = "solo-unavailable"
    }

    /// Whether there is something to show before it happens.
    enum Presentation: String, Sendable {
        case renderUI = "render-ui"
        case passThrough = "pass-through"
    }

    /// As whom it happens: the role that counts from here on.
    let role: EntryRole
    let outcome: Outcome

    var presentation: Presentation {
        switch outcome {
        case .wait, .soloUnavailable: .renderUI
        case .joinLive, .continueSolo: .passThrough
        }
    }

    /// Decides one entry.
    ///
    /// - Parameter hasSolo: whether the activity can be done alone, where the caller knows that.
    static func decide(policy: EntryPolicy, role: EntryRole, isStarted: Bool, hasSolo: Bool = true) -> EntryDecision {
        let alone = EntryDecision(role: .student, outcome: hasSolo ? .continueSolo : .soloUnavailable)
        switch (policy, role, isStarted) {
        case (.soloOnly, _, _), (.soloAllowed, .student, false): return alone
        case (.instructorRequired, _, true), (.soloAllowed, _, true):
            return EntryDecision(role: role, outcome: .joinLive)
        case (.instructorRequired, _, false), (.soloAllowed, .teacher, false):
            return EntryDecision(role: role, outcome: .wait)
        }
    }
}
