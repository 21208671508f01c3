import Crypto
import CryptoExtras
import FoundationEssentials

/// Holds public keys by their ids, as a JSON Web Key Set lists them.
///
/// - Bounds: ``bytesMax`` of text, ``keysMax`` keys.
/// - Source: RFC 7517 §5, RFC 7518 §6, RFC 8037 §2.
struct KeySet: Sendable {
    /// One key with what its entry says of its use.
    struct Entry: Sendable {
        let id: String?
        let key: PublicKey
        /// The entry's own `alg`, or everything that the key can verify.
        let algorithms: [TokenAlgorithm]
    }

    static let bytesMax = 1_048_576
    static let keysMax = 100

    let entries: [Entry]

    /// Reads a set; entries for other purposes and of unknown kinds are passed over (RFC 7517 §5).
    ///
    /// - Errors: for anything that is no set, for a set without a key, and for a key that is broken or too weak.
    init(_ bytes: [UInt8]) throws(KeyFault) {
        guard bytes.count <= Self.bytesMax else { throw KeyFault("it is longer than \(Self.bytesMax) bytes") }
        let document: StrictJSON
        do { document = try StrictJSON(bytes) } catch { throw KeyFault("it \(error.reason) (byte \(error.offset))") }
        guard case .array(let values)? = document["keys"] else { throw KeyFault("it is no JSON Web Key Set") }
        guard values.count <= Self.keysMax else { throw KeyFault("it has more than \(Self.keysMax) keys") }
        var entries: [Entry] = []
        for value in values {
            if let entry = try Self.entry(value) { entries.append(entry) }
        }
        guard !entries.isEmpty else { throw KeyFault("it has no key that verifies signatures") }
        self.entries = entries
    }

    /// The keys that a token's header may mean: those of its `kid`, or the only key there is.
    func candidates(id: String?, algorithm: TokenAlgorithm) -> [PublicKey] {
        guard id != nil || entries.count == 1 else { return [] }
        return entries.filter { entry in
            entry.algorithms.contains(algorithm) && (id == nil || entry.id == id)
        }.map(\.key)
    }

    private static func entry(_ value: StrictJSON) throws(KeyFault) -> Entry? {
        if let use = value["use"], use != .string("sig") { return nil }
        guard let material = try material(value) else { return nil }
        let key = try PublicKey(material)
        var algorithms = key.algorithms
        if case .string(let name)? = value["alg"] {
            algorithms = algorithms.filter { $0.rawValue == name }
            guard !algorithms.isEmpty else { return nil }
        }
        guard case .string(let id)? = value["kid"] else { return Entry(id: nil, key: key, algorithms: algorithms) }
        return Entry(id: id, key: key, algorithms: algorithms)
    }

    private static func material(_ value: StrictJSON) throws(KeyFault) -> PublicKey.Material? {
        do {
            switch (value["kty"], value["crv"]) {
            case (.string("RSA"), _):
                let (n, e) = (try bytes(value, "n"), try bytes(value, "e"))
                // The library refuses short keys, but without a word: they are told apart here.
                let bits = n.drop { $0 == 0 }.count * 8
                guard bits >= PublicKey.rsaBitsMin - 7 else {
                    throw KeyFault("its RSA key has \(bits) bits; accepted are \(PublicKey.rsaBitsMin) and more")
                }
                return .rsa(try _RSA.Signing.PublicKey(n: n, e: e))
            case (.string("EC"), .string("P-256")):
                return .p256(try P256.Signing.PublicKey(x963Representation: try point(value, bytes: 32)))
            case (.string("EC"), .string("P-384")):
                return .p384(try P384.Signing.PublicKey(x963Representation: try point(value, bytes: 48)))
            case (.string("EC"), .string("P-521")):
                return .p521(try P521.Signing.PublicKey(x963Representation: try point(value, bytes: 66)))
            case (.string("OKP"), .string("Ed25519")):
                return .ed25519(try Curve25519.Signing.PublicKey(rawRepresentation: try bytes(value, "x")))
            default: return nil
            }
        } catch let fault as KeyFault { throw fault } catch {
            var name = ""
            if case .string(let id)? = value["kid"] { name = " \(StrictJSON.string(String(id.prefix(80))).text)" }
            throw KeyFault("its key\(name) can't be read")
        }
    }

    private static func bytes(_ value: StrictJSON, _ member: String) throws(KeyFault) -> [UInt8] {
        guard case .string(let text)? = value[member], let bytes = Base64Text.decodeURL(text[...]) else {
            throw KeyFault("one of its keys has no usable \(member)")
        }
        return bytes
    }

    /// An uncompressed point (SEC 1 §2.3.3).
    private static func point(_ value: StrictJSON, bytes count: Int) throws(KeyFault) -> [UInt8] {
        let (x, y) = (try bytes(value, "x"), try bytes(value, "y"))
        guard x.count == count, y.count == count else {
            throw KeyFault("one of its keys has a point of a wrong length")
        }
        return [0x04] + x + y
    }
}
