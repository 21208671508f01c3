import HTTPTypes
import Hummingbird

/// Says who stands behind an HTTP request.
struct RequestIdentity: Sendable {
    let configuration: GatewayConfiguration

    /// What a request shows of itself.
    struct Credentials: Sendable {
        var keyHeader: String?
        var keyQuery: String?
        var authorization: String?
        var tokenQuery: String?

        var showsKey: Bool { keyHeader != nil || keyQuery != nil || scheme == "apikey" }

        var token: String? {
            guard scheme == "bearer", let authorization, let space = authorization.firstIndex(of: " ") else {
                return tokenQuery
            }
            return String(authorization[space...].drop { $0 == " " })
        }

        private var scheme: String? { authorization?.split(separator: " ").first?.lowercased() }
    }

    /// Decides; nil means that nothing was shown and something is needed.
    ///
    /// The API key goes before a token. A server that needs no key (development) takes who shows nothing for its operator,
    /// but verifies a token if it has the key for it, so that rights can be tried out.
    func identity(of shown: Credentials, now: Int64) throws(Problem) -> Identity? {
        if shown.showsKey {
            guard configuration.insecure || keyIsRight(shown) else {
                throw Self.unauthorized("api-key-invalid", "The API key is wrong.")
            }
            return .operator
        }
        let isOpen = configuration.insecure || configuration.apiKeys.isOpen
        if let token = shown.token, configuration.tokens.hasKey || !isOpen {
            switch configuration.tokens.verify(token, now: now) {
            case .valid(let identity): return identity
            case .expired: throw Self.unauthorized("token-expired", "The token has expired.")
            case .invalid: throw Self.unauthorized("token-invalid", "The token is not valid.")
            }
        }
        return isOpen ? .operator : nil
    }

    /// Reads and decides; a query token only counts where a client can't set fields.
    func identity(of request: Request, now: Int64, takesQueryToken: Bool = false) throws(Problem) -> Identity? {
        try checkOrigin(of: request)
        let shown = Credentials(
            keyHeader: request.field("x-api-key"), keyQuery: request.query("api_key"),
            authorization: request.headers[.authorization],
            tokenQuery: takesQueryToken ? request.query("token") : nil)
        return try identity(of: shown, now: now)
    }

    /// The identity, or 401.
    func required(of request: Request, now: Int64) throws(Problem) -> Identity {
        guard let identity = try identity(of: request, now: now) else {
            throw Self.unauthorized("credentials-missing", "Show a token or the API key.")
        }
        return identity
    }

    /// Throws unless the caller may use the operators' surfaces.
    func requireOperator(_ request: Request, now: Int64) throws(Problem) {
        guard try required(of: request, now: now).isOperator else {
            throw Problem(.forbidden, code: "operators-only", detail: "This needs the API key.")
        }
    }

    /// Throws when a browser page of a foreign origin asks: a server that is open on loopback is not open to the web.
    func checkOrigin(of request: Request) throws(Problem) {
        let host = request.head.authority
        guard configuration.origins.allows(origins: request.headers[values: .origin], host: host) else {
            throw Problem(.forbidden, code: "origin-not-allowed", detail: "Pages of this origin may not ask here.")
        }
    }

    /// True when the request may use the server API.
    func keyIsRight(_ shown: Credentials) -> Bool {
        configuration.apiKeys.allows(header: shown.keyHeader, authorization: shown.authorization, query: shown.keyQuery)
    }

    /// True when the request may use what only the API key opens; `client.insecure` does not.
    func allowsServerAPI(_ request: Request) throws(Problem) -> Bool {
        // Without a key on loopback the browser's origin is all that keeps foreign pages out.
        try checkOrigin(of: request)
        return keyIsRight(
            Credentials(
                keyHeader: request.field("x-api-key"), keyQuery: request.query("api_key"),
                authorization: request.headers[.authorization]))
    }

    static func unauthorized(_ code: String, _ detail: String) -> Problem {
        var headers = HTTPFields()
        let error = code.hasPrefix("token-") ? ", error=\"invalid_token\"" : ""
        headers[.wwwAuthenticate] = "Bearer realm=\"anteroom\"\(error)"
        return Problem(.unauthorized, code: code, detail: detail, headers: headers)
    }
}
