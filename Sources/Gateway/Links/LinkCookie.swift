/// What a browser holds to show of which links it is the teacher's.
///
/// - Guarantee: the code of a link is never in it. What proves the teacher is a signature over the link and the time at
///   which the code was given; it lapses after a year, or when the secret was replaced twice.
/// - Bounds: ``LinkLimits/cookieEntriesMax`` links and ``LinkLimits/cookieBytesMax`` bytes; the oldest go first.
struct LinkCookie: Sendable, Equatable {
    static let name = "persistent_sessions"

    /// One link whose code this browser gave.
    struct Entry: Sendable, Equatable {
        let activity: String
        let hash: LinkHash
        var terms: LinkTerms
        /// When the code was given. Units: Unix milliseconds.
        let issuedAt: Int64

        /// The link's name in the cookie.
        var key: String { "\(activity):\(hash.text)" }

        /// What the proof signs.
        var message: String { "proof|\(key)|\(issuedAt)" }

        func isOf(_ activity: String, _ hash: LinkHash) -> Bool { self.activity == activity && self.hash == hash }
    }

    /// The oldest first.
    private(set) var entries: [Entry] = []

    init() {}

    init(entries: [Entry]) { self.entries = entries.suffix(LinkLimits.cookieEntriesMax) }

    /// The entry that makes this browser the teacher of a link.
    func entry(activity: String, hash: LinkHash) -> Entry? { entries.last { $0.isOf(activity, hash) } }

    /// Notes that the code of a link was given now.
    mutating func insert(activity: String, hash: LinkHash, terms: LinkTerms, now: Int64) {
        remove(activity: activity, hash: hash)
        entries.append(Entry(activity: activity, hash: hash, terms: terms, issuedAt: now))
        entries = entries.suffix(LinkLimits.cookieEntriesMax)
    }

    /// Changes the terms of a link; false if it isn't in the cookie. The proof keeps its age.
    @discardableResult mutating func update(activity: String, hash: LinkHash, terms: LinkTerms) -> Bool {
        guard let index = entries.lastIndex(where: { $0.isOf(activity, hash) }) else { return false }
        entries[index].terms = terms
        return true
    }

    /// Forgets a link; false if it wasn't in the cookie.
    @discardableResult mutating func remove(activity: String, hash: LinkHash) -> Bool {
        let count = entries.count
        entries.removeAll { $0.isOf(activity, hash) }
        return entries.count < count
    }

    /// The `Set-Cookie` field. Everything is signed anew with the current secret; without a link the cookie goes.
    func setCookie(secrets: LinkSecrets, isSecure: Bool) -> String {
        let life = entries.isEmpty ? 0 : LinkLimits.cookieLifeSeconds
        return CookieText.set(Self.name, value(secrets: secrets), seconds: life, isSecure: isSecure)
    }

    /// The cookie's value: percent-encoded JSON, the newest links that fit.
    func value(secrets: LinkSecrets) -> String {
        guard !entries.isEmpty else { return "" }
        let (opening, comma, closing) = (PercentText.encode("["), PercentText.encode(","), PercentText.encode("]"))
        var parts: [String] = []
        var bytesLeft = LinkLimits.cookieBytesMax - opening.utf8.count - closing.utf8.count
        for entry in entries.reversed() {
            let part = PercentText.encode(entry.json(secrets: secrets))
            bytesLeft -= part.utf8.count + (parts.isEmpty ? 0 : comma.utf8.count)
            guard bytesLeft >= 0 else { break }
            parts.append(part)
        }
        return opening + parts.reversed().joined(separator: comma) + closing
    }
}
