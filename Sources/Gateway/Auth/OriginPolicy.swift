/// Decides whether a browser page of some origin may open a connection.
///
/// - Bounds: origins of ``maximumBytes``; matching is linear in the pattern times the origin.
public struct OriginPolicy: Sendable, Equatable {
    /// Longest Origin header, in bytes.
    public static let maximumBytes = 512

    /// What is accepted; nil accepts only the host that the request itself names.
    public let patterns: [OriginPattern]?

    /// Creates a policy; without patterns only a page of the same host may connect.
    public init(patterns: [OriginPattern]? = nil) {
        self.patterns = patterns
    }

    /// Decides one request from all its Origin headers and its Host header.
    ///
    /// - Guarantee: no Origin is allowed (no browser sent it), two are refused, `null` only passes when listed as such.
    public func allows(origins: [String], host: String?) -> Bool {
        guard let origin = origins.first else { return true }
        guard origins.count == 1, origin.utf8.count <= Self.maximumBytes else { return false }
        if origin == "null" { return patterns?.contains(.null) ?? false }
        guard let origin = Origin(origin) else { return false }
        if let patterns { return patterns.contains { $0.matches(origin) } }
        guard let host, let own = Origin("\(origin.scheme)://\(host)") else { return false }
        return own == origin
    }
}

/// Is a serialized origin (RFC 6454 §6.2) in lower case and without the port that its scheme implies.
public struct Origin: Sendable, Equatable {
    /// `http`, `https` or an app's own scheme.
    public let scheme: String
    /// Host with the port, if it is not the scheme's own.
    public let authority: String

    /// Reads `scheme://host[:port]`; nil for a path, a user, a list or anything else.
    public init?(_ text: String) {
        // Checked before lower-casing, which turns U+212A, the Kelvin sign, into a plain k.
        guard text.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
        let text = text.lowercased()
        guard let mark = text.firstRange(of: "://") else { return nil }
        let scheme = text[..<mark.lowerBound]
        let authority = text[mark.upperBound...]
        guard let first = scheme.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first),
            scheme.utf8.allSatisfy(Self.isSchemeByte), !authority.isEmpty,
            authority.utf8.allSatisfy(Self.isAuthorityByte)
        else { return nil }
        self.scheme = String(scheme)
        let implied = ["http": ":80", "https": ":443"][self.scheme]
        self.authority =
            if let implied, authority.hasSuffix(implied) {
                String(authority.dropLast(implied.count))
            } else {
                String(authority)
            }
    }

    var text: String { "\(scheme)://\(authority)" }

    private static func isSchemeByte(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
    }

    private static func isAuthorityByte(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || "-._:[]%~".utf8.contains(byte)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}

/// Is one entry of the list of allowed origins.
public enum OriginPattern: Sendable, Equatable {
    /// `*`: every origin but `null`.
    case any
    /// `null`: pages without an origin (sandboxed frames, files).
    case null
    /// One origin.
    case exact(Origin)
    /// An origin with `*`, which stands for any run of characters inside the host and port.
    case glob(String)

    /// Reads `*`, `null`, `https://app.example.com`, `https://*.example.com` or `http://localhost:*`.
    ///
    /// A slash at the end is ignored: addresses are often copied with it.
    public init?(_ text: String) {
        let text = text.hasSuffix("/") ? String(text.dropLast()) : text
        switch text {
        case "*": self = .any
        case "null": self = .null
        default:
            if text.contains("*") {
                // With a letter in the place of each `*` what is left must be an origin, its scheme free of stars.
                guard Origin(text.replacing("*", with: "a")) != nil,
                    let mark = text.firstRange(of: "://"), !text[..<mark.lowerBound].contains("*")
                else { return nil }
                self = .glob(text.lowercased())
            } else {
                guard let origin = Origin(text) else { return nil }
                self = .exact(origin)
            }
        }
    }

    func matches(_ origin: Origin) -> Bool {
        switch self {
        case .any: true
        case .null: false
        case .exact(let own): own == origin
        case .glob(let pattern): Self.matches(Array(pattern.utf8), Array(origin.text.utf8))
        }
    }

    /// Greedy matching that only ever returns to the last star: pattern × text steps at most.
    private static func matches(_ pattern: [UInt8], _ text: [UInt8]) -> Bool {
        var (p, t) = (0, 0)
        var retry: (pattern: Int, text: Int)?
        while t < text.count {
            if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
                p += 1
                retry = (p, t)
            } else if p < pattern.count, pattern[p] == text[t] {
                (p, t) = (p + 1, t + 1)
            } else if let last = retry {
                retry = (last.pattern, last.text + 1)
                (p, t) = (last.pattern, last.text + 1)
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
