/// Who may come in through a link while no teacher is there.
enum EntryPolicy: String, Sendable, CaseIterable {
    /// Everybody waits for a teacher.
    case instructorRequired = "instructor-required"
    /// Who doesn't want to wait works alone.
    case soloAllowed = "solo-allowed"
    /// Everybody works alone; there is nothing to start.
    case soloOnly = "solo-only"

    /// The policy of a link that says nothing, or nothing that is signed.
    static let fallback = EntryPolicy.instructorRequired
}
