import ArgumentParser
import FoundationEssentials
import Gateway

/// Prints a connection token that this server would accept.
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Print a connection token, signed with the configured secret.")

    @Option(help: "User id, the token's sub; without it the token is anonymous.") var user = ""
    @Option(help: "How long it is valid: 90s, 15m, 1h, 30d.") var ttl: String?
    @Flag(help: "Make a token without an end.") var neverExpires = false
    @Option(help: ArgumentHelp("A session that it opens, for reading (r) or writing too (rw).", valueName: "id=r|rw"))
    var session: [String] = []
    @Option(help: ArgumentHelp("What others see of the user.", valueName: "json")) var info: String?
    @OptionGroup(title: "Settings") var settings: SettingFlags

    /// Lifetime of a token that says nothing about it. Units: milliseconds.
    static let defaultLifetime: Int64 = 3_600_000

    func run() async throws {
        let now = Int64(Date().timeIntervalSince1970 * 1000)
        print(try token(for: try settings.configuration(), now: now))
    }

    /// Makes the token.
    ///
    /// - Errors: ``Exit`` with one sentence.
    func token(for configuration: Configuration, now: Int64) throws -> String {
        guard let algorithm = configuration.gateway.tokens.algorithm?.secret else {
            throw Exit(.usage, "Tokens are verified with a public key here; whoever has the private one signs them.")
        }
        guard let secret = configuration.tokenSecret else {
            throw Exit(
                .usage,
                "There is no secret to sign with: this development server is open and needs no token; to use tokens, "
                    + "set JWT_SECRET here and for the server (make one with `openssl rand -hex 32`).")
        }
        var identity = Identity(user: user, sessions: try sessions())
        identity.info = try parsedInfo()
        identity.expiresAt = try expiry(now: now)
        let token = try TokenSigner(algorithm: algorithm, secret: secret).sign(identity, issuedAt: now)
        guard token.utf8.count <= TokenVerifier.maximumBytes else {
            throw Exit(.usage, "The token has \(token.utf8.count) bytes; accepted are \(TokenVerifier.maximumBytes).")
        }
        return token
    }

    private func expiry(now: Int64) throws -> Int64? {
        if neverExpires {
            guard ttl == nil else {
                throw Exit(.usage, "--ttl and --never-expires contradict each other; accepted is one of them.")
            }
            return nil
        }
        guard let ttl else { return now + Self.defaultLifetime }
        guard let lifetime = SpanText.milliseconds(ttl), lifetime >= 1000 else {
            throw Exit(
                .usage, "--ttl is \"\(ttl)\"; accepted is a span of time from one second, like 90s, 15m, 1h or 30d.")
        }
        return now + lifetime
    }

    private func sessions() throws -> [String: SessionGrant] {
        var sessions: [String: SessionGrant] = [:]
        for text in session {
            let parts = text.split(separator: "=", omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, let access = SessionGrant(rawValue: String(parts[1])) else {
                throw Exit(.usage, "--session is \"\(text)\"; accepted is ID=r or ID=rw.")
            }
            sessions[String(parts[0])] = access
        }
        return sessions
    }

    private func parsedInfo() throws -> [UInt8]? {
        guard let info else { return nil }
        do {
            return Array(try StrictJSON(Array(info.utf8)).text.utf8)
        } catch {
            throw Exit(.usage, "--info \(error.reason) (character \(error.offset + 1)); accepted is JSON.")
        }
    }
}
