/// What permanent links and waiting rooms have to know, resolved and checked.
public struct LinkSettings: Sendable {
    /// What links and cookies are signed with.
    public var secrets: LinkSecrets
    /// Activities that may have links; nil is any.
    public var activities: Set<String>?
    /// How long a place is kept for a waiter who is away. Units: milliseconds.
    public var graceMilliseconds: Int64
    /// After that a room that isn't live and where nobody waits forgets its settings for admission. Units: milliseconds.
    public var roomTTLMilliseconds: Int64
    /// Whether browsers may send the cookies over HTTPS only; in production.
    public var secureCookies: Bool

    /// Creates settings; the defaults are those of a development server; as long as no other secret is set, links end with the
    /// process.
    public init(
        secrets: LinkSecrets = .random(), activities: Set<String>? = nil, graceMilliseconds: Int64 = 60_000,
        roomTTLMilliseconds: Int64 = 600_000, secureCookies: Bool = false
    ) {
        self.secrets = secrets
        self.activities = activities
        self.graceMilliseconds = graceMilliseconds
        self.roomTTLMilliseconds = roomTTLMilliseconds
        self.secureCookies = secureCookies
    }

    /// True for a text that can name an activity: 1 to 64 letters, digits, `-` and `_`.
    public static func isActivity(_ text: String) -> Bool {
        LinkRules.isWord(text, length: LinkLimits.activityLength)
    }

    /// Refuses an activity that has no links here.
    func check(activity: String) throws(LinkFault) {
        try LinkRules.check(activity: activity)
        if let activities, !activities.contains(activity) { throw .foreignActivity }
    }
}
