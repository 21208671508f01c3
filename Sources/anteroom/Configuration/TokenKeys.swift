import FoundationEssentials
import Gateway

/// Makes the verifiers of tokens from the one key that each kind has.
///
/// - Guarantee: two keys for the same tokens are refused, so that no token is accepted by a signature that nobody meant.
struct TokenKeys {
    /// Connection tokens.
    let connection: TokenVerifier
    /// Subscription tokens where they have keys of their own.
    let subscription: TokenVerifier?

    /// Longest file with a key, in bytes.
    private static let keyFileBytesMax = 65_536

    init(_ values: SettingValues, _ section: ClientSection) throws(ConfigurationError) {
        let algorithm: TokenAlgorithm? =
            values.source(.tokenAlgorithm) == .fallback
            ? nil : values.text(.tokenAlgorithm).flatMap(TokenAlgorithm.init(rawValue:))
        var connection = Sources(
            algorithm: algorithm, algorithmName: SettingName.tokenAlgorithm.rawValue,
            demands: TokenDemands(audience: values.text(.tokenAudience), issuer: values.text(.tokenIssuer)))
        if let secret = values.text(.tokenSecret) {
            connection.secret = (SettingName.tokenSecret.rawValue, secret, values.text(.tokenSecretPrevious))
        }
        if let path = values.text(.tokenKeyFile) {
            connection.keys.append((SettingName.tokenKeyFile.rawValue, try Self.text(of: path)))
        }
        connection.add(section.token, "client.token")
        connection.keySetPath = values.text(.tokenKeySetFile)
        self.connection = try connection.verifier()
        subscription = try section.hasSubscriptionKeys ? Self.subscription(section) : nil
    }

    private static func subscription(_ section: ClientSection) throws(ConfigurationError) -> TokenVerifier {
        let (keys, name) = (section.subscriptionToken, ClientSection.subscriptionKey)
        var algorithm: TokenAlgorithm?
        if let text = keys.algorithm {
            guard let found = TokenAlgorithm(rawValue: text) else {
                let names = TokenAlgorithm.allCases.map(\.rawValue).joined(separator: ", ")
                throw .badKey(name: "\(name).hmac_algorithm", reason: "accepted is \(names)")
            }
            algorithm = found
        }
        var sources = Sources(
            algorithm: algorithm, algorithmName: "\(name).hmac_algorithm",
            demands: TokenDemands(audience: keys.audience, issuer: keys.issuer))
        if let secret = keys.secret { sources.secret = ("\(name).hmac_secret_key", secret, keys.previousSecret) }
        sources.add(keys, name)
        let verifier = try sources.verifier()
        // Without one every subscription token would be invalid, which nobody who enables them wants.
        guard verifier.hasKey else { throw .badKey(name: "\(name).enabled", reason: "there is no key beside it") }
        return verifier
    }

    private static func text(of path: String) throws(ConfigurationError) -> String {
        let data: Data
        do { data = try Data(contentsOf: URL(filePath: path)) } catch {
            throw .badKey(name: SettingName.tokenKeyFile.rawValue, reason: "\(path) can't be read")
        }
        guard data.count <= keyFileBytesMax else {
            throw .badKey(name: SettingName.tokenKeyFile.rawValue, reason: "\(path) is longer than a key")
        }
        return String(decoding: data, as: UTF8.self)
    }
}

/// All keys that were given for one kind of token.
private struct Sources {
    let algorithm: TokenAlgorithm?
    let algorithmName: String
    let demands: TokenDemands
    var secret: (name: String, text: String, previous: String?)?
    var keys: [(name: String, pem: String)] = []
    var keySetPath: String?

    init(algorithm: TokenAlgorithm?, algorithmName: String, demands: TokenDemands) {
        (self.algorithm, self.algorithmName, self.demands) = (algorithm, algorithmName, demands)
    }

    mutating func add(_ section: ClientSection.Keys, _ name: String) {
        if let pem = section.rsaKey { keys.append(("\(name).rsa_public_key", pem)) }
        if let pem = section.ecdsaKey { keys.append(("\(name).ecdsa_public_key", pem)) }
    }

    func verifier() throws(ConfigurationError) -> TokenVerifier {
        let setName = SettingName.tokenKeySetFile.rawValue
        var names = (secret.map { [$0.name] } ?? []) + keys.map(\.name)
        if keySetPath != nil { names.append(setName) }
        guard names.count <= 1 else { throw .severalKeys(names) }
        if let keySetPath {
            guard algorithm == nil else { throw .severalKeys([algorithmName, setName]) }
            do throws(KeyFault) {
                return TokenVerifier(keySet: try KeySetFile(path: keySetPath), demands: demands)
            } catch { throw .badKey(name: setName, reason: error.reason) }
        }
        if let key = keys.first {
            do throws(KeyFault) {
                return try TokenVerifier(key: try PublicKey(pem: key.pem), algorithm: algorithm, demands: demands)
            } catch { throw .badKey(name: key.name, reason: error.reason) }
        }
        guard let shared = (algorithm ?? .hs256).secret else {
            throw .badKey(
                name: algorithmName,
                reason: "\(algorithm?.rawValue ?? "it") needs a public key; name its file with JWT_PUBLIC_KEY_FILE")
        }
        return TokenVerifier(
            algorithm: shared, secret: secret?.text, previousSecret: secret?.previous, demands: demands)
    }
}
