import HTTPTypes
import NIOCore

/// What a connection to a waiting room asks for, in its query and its cookies.
struct WaitingAsk: Sendable {
    /// Nil where it is missing or malformed.
    let hash: LinkHash?
    let activity: String
    /// The id of a participant who was here before; nil for a new one.
    let participant: ParticipantCookie?
    /// What the participant wants to be called.
    let name: String
    /// True for a page that looks on, and takes no place in the line.
    let looksOn: Bool
    /// True for such a page in a browser that showed the code of the link before.
    let isTeacher: Bool
    /// The peer, for the limit on attempts.
    let address: String

    /// Bytes of a message; those that there are need far fewer.
    static let messageBytesMax = 4_096
    /// Characters of a name; more are cut.
    static let nameLengthMax = 100

    /// Reads the head of a request.
    init(_ head: HTTPRequest, remote: SocketAddress?, secrets: LinkSecrets, now: Int64) {
        let values = Self.query(head.path ?? "")
        // A malformed hash is answered like a missing one, once the socket is open.
        hash = values["hash"].flatMap { try? LinkHash($0) }
        activity = values["activityName"] ?? ""
        let cookies = head.headerFields[values: .cookie].joined(separator: "; ")
        let scope = hash?.text ?? ""
        let kept = CookieText.value(of: ParticipantCookie.name(scope: scope), in: cookies)
        participant =
            ParticipantCookie(values["participant"], scope: scope, secrets: secrets)
            ?? ParticipantCookie(kept, scope: scope, secrets: secrets)
        name = String((values["name"] ?? "").prefix(Self.nameLengthMax))
        looksOn = values["role"] == "teacher"
        var isTeacher = false
        // A student's tab in the teacher's own browser has the cookie, too.
        if looksOn, let hash,
            case .cookie(let cookie) = LinkCookie.read(
                CookieText.value(of: LinkCookie.name, in: cookies), secrets: secrets, now: now)
        {
            isTeacher = cookie.entry(activity: activity, hash: hash) != nil
        }
        self.isTeacher = isTeacher
        address = CallerAddress.text(of: remote)
    }

    /// The first value of each name; what can't be decoded is left out.
    private static func query(_ path: String) -> [String: String] {
        Dictionary(QueryText.pairs(of: path).compactMap { $0 }.map { ($0.name, $0.value) }) { first, _ in first }
    }
}
