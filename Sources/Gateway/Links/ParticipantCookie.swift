/// What keeps a participant the same one across reloads: an id that the service drew, with its signature.
///
/// The same text is the `participantToken` of clients without cookies.
///
/// - Guarantee: an id that wasn't drawn here, or for another room, is none; nobody takes another's place by guessing.
struct ParticipantCookie: Sendable, Equatable {
    /// The session or the link in which the id counts.
    let scope: String
    /// 32 hexadecimal digits.
    let id: String

    private static let idLength = 32

    /// Draws a new id.
    init(newIn scope: String) {
        var generator = SystemRandomNumberGenerator()
        self.init(newIn: scope, using: &generator)
    }

    /// Draws a new id from a test's generator.
    init(newIn scope: String, using generator: inout some RandomNumberGenerator) {
        self.scope = scope
        id = HexText.encode(generator.next()) + HexText.encode(generator.next())
    }

    /// Reads `<id>.<signature>`; nil if it wasn't given out for this scope, under the current secret or the one before it.
    init?(_ text: String?, scope: String, secrets: LinkSecrets) {
        guard let parts = text?.split(separator: ".", omittingEmptySubsequences: false), parts.count == 2,
            parts[0].utf8.count == Self.idLength, HexText.decode(parts[0]) != nil,
            let signature = Base64Text.decodeURL(parts[1])
        else { return nil }
        (self.scope, id) = (scope, String(parts[0]))
        guard secrets.isSignature(signature, of: message) else { return nil }
    }

    /// The name of the cookie of a scope.
    static func name(scope: String) -> String { "activebits_participant_" + Base64Text.encodeURL(scope.utf8) }

    /// The cookie's value, and the token.
    func text(secrets: LinkSecrets) -> String {
        "\(id).\(Base64Text.encodeURL(secrets.signature(of: message)))"
    }

    /// The `Set-Cookie` field; the cookie goes when the browser ends.
    func setCookie(secrets: LinkSecrets, isSecure: Bool) -> String {
        CookieText.set(Self.name(scope: scope), text(secrets: secrets), seconds: nil, isSecure: isSecure)
    }

    /// The id ends the message and has one length, so that no scope can be made to read like another.
    private var message: String { "participant|\(scope)|\(id)" }
}
