/// Reads the URL of a Redis strictly: what it doesn't understand, it refuses.
struct RedisAddressParser {
    private let scheme: Substring
    private let rest: Substring

    /// Splits a URL at `://`.
    init(_ text: String) throws(RedisError) {
        guard let mark = text.firstRange(of: "://") else {
            throw .badAddress("a Redis URL starts with redis://, rediss://, valkey://, valkeys:// or redis+unix://")
        }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            throw .badAddress("a Redis URL holds no spaces or control characters: write them percent-encoded")
        }
        scheme = text[..<mark.lowerBound]
        rest = text[mark.upperBound...]
    }

    func address() throws(RedisError) -> RedisAddress {
        switch scheme.lowercased() {
        case "redis", "valkey": try networkAddress(isEncrypted: false)
        case "rediss", "valkeys": try networkAddress(isEncrypted: true)
        case "unix", "redis+unix", "valkey+unix": try socketAddress()
        default:
            throw .badAddress(
                "a Redis URL starts with redis://, rediss://, valkey://, valkeys:// or redis+unix://, not \(scheme)://")
        }
    }

    private func networkAddress(isEncrypted: Bool) throws(RedisError) -> RedisAddress {
        let (front, options) = try Self.options(of: rest)
        // The last @ ends the password, which may hold one by mistake; the path comes after it.
        let (login, place) = Self.split(front, beforeLast: "@")
        let slash = place.firstIndex(of: "/") ?? place.endIndex
        let (host, port) = try Self.hostAndPort(place[..<slash])
        var address = RedisAddress(endpoint: .tcp(host: host, port: port))
        address.credentials = try login.map { (text) throws(RedisError) in try Self.credentials(text) }
        address.database = try Self.database(place[slash...].dropFirst())
        if isEncrypted { address.encryption = .tls(authorities: nil) }
        for (name, value) in options {
            guard name == "ca", isEncrypted, !value.isEmpty else {
                throw .badAddress(
                    "the Redis URL has the option \(name): only ?ca=FILE is known, and only for rediss://")
            }
            address.encryption = .tls(authorities: value)
        }
        return address
    }

    private func socketAddress() throws(RedisError) -> RedisAddress {
        let (front, options) = try Self.options(of: rest)
        let slash = front.firstIndex(of: "/") ?? front.endIndex
        let authority = front[..<slash]
        guard authority.isEmpty || authority.hasSuffix("@") else {
            throw .badAddress("the path of a unix socket is absolute: write redis+unix:///path/to.sock")
        }
        let path = try Self.decoded(front[slash...], what: "path")
        guard path.count > 1 else {
            throw .badAddress("the Redis URL names no unix socket: write redis+unix:///path/to.sock")
        }
        var address = RedisAddress(endpoint: .unix(path: path))
        if !authority.isEmpty { address.credentials = try Self.credentials(authority.dropLast()) }
        for (name, value) in options {
            guard name == "db" else {
                throw .badAddress("the Redis URL has the option \(name): only ?db=NUMBER is known for a unix socket")
            }
            address.database = try Self.database(value[...])
        }
        return address
    }

    private static func split(_ text: Substring, beforeLast mark: Character) -> (Substring?, Substring) {
        guard let index = text.lastIndex(of: mark) else { return (nil, text) }
        return (text[..<index], text[index...].dropFirst())
    }

    private static func options(of text: Substring) throws(RedisError) -> (Substring, [(String, String)]) {
        guard !text.contains("#") else {
            throw .badAddress("a Redis URL has no fragment: write # in a password as %23")
        }
        // A question mark before the last @ belongs to a password that was not encoded.
        let afterLogin = text.lastIndex(of: "@") ?? text.startIndex
        guard let mark = text[afterLogin...].firstIndex(of: "?") else { return (text, []) }
        var options: [(String, String)] = []
        for item in text[mark...].dropFirst().split(separator: "&", omittingEmptySubsequences: false) {
            guard let sign = item.firstIndex(of: "=") else {
                throw .badAddress("the options of a Redis URL are written ?name=value")
            }
            options.append((String(item[..<sign]), try decoded(item[sign...].dropFirst(), what: "option")))
        }
        return (text[..<mark], options)
    }

    private static func credentials(_ text: Substring) throws(RedisError) -> RedisAddress.Credentials {
        guard let colon = text.firstIndex(of: ":") else {
            throw .badAddress("the Redis URL has a user without a password: write user:password@ or :password@")
        }
        let user = try decoded(text[..<colon], what: "user")
        let password = try decoded(text[colon...].dropFirst(), what: "password")
        guard !password.isEmpty else {
            throw .badAddress("the Redis URL has an empty password: write user:password@ or leave out both")
        }
        return RedisAddress.Credentials(user: user.isEmpty ? nil : user, password: password)
    }

    private static func hostAndPort(_ text: Substring) throws(RedisError) -> (String, Int) {
        guard text.first == "[" else {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count <= 2 else {
                throw .badAddress("the Redis URL has an IPv6 address without brackets: write [::1]:6379")
            }
            let host = parts.first ?? ""
            guard !host.isEmpty else { throw .badAddress("the Redis URL names no host: write redis://host:6379") }
            guard host.utf8.allSatisfy(isOfName) else {
                throw .badAddress(
                    "the host of the Redis URL has other characters than letters, digits, dots and dashes")
            }
            return (String(host), try parts.count == 2 ? port(parts[1]) : RedisAddress.standardPort)
        }
        guard let end = text.firstIndex(of: "]") else {
            throw .badAddress("the Redis URL has a bracket that doesn't close: write [::1]:6379")
        }
        let host = text[..<end].dropFirst()
        let tail = text[end...].dropFirst()
        let isAddress =
            host.contains(":")
            && host.utf8.allSatisfy { isOfName($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "%") }
        guard isAddress, tail.isEmpty || tail.first == ":" else {
            throw .badAddress("the Redis URL has no IPv6 address in its brackets: write [::1]:6379")
        }
        return (String(host), try tail.isEmpty ? RedisAddress.standardPort : port(tail.dropFirst()))
    }

    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func port(_ text: Substring) throws(RedisError) -> Int {
        guard text.utf8.allSatisfy(isDigit), let port = Int(text), (1...65_535).contains(port) else {
            throw .badAddress("the port of the Redis URL is no number from 1 to 65535")
        }
        return port
    }

    private static func database(_ text: Substring) throws(RedisError) -> Int {
        if text.isEmpty { return 0 }
        guard text.utf8.allSatisfy(isDigit), let database = Int32(text) else {
            throw .badAddress("the database of the Redis URL is no number from 0: write redis://host:6379/0")
        }
        return Int(database)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

    private static func decoded(_ text: Substring, what: String) throws(RedisError) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst(), let low = rest.popFirst(), let value = hexadecimal(high, low) else {
                throw .badAddress(
                    "the \(what) of the Redis URL has a % that two hexadecimal digits don't follow: write %25")
            }
            bytes.append(value)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else {
            throw .badAddress("the \(what) of the Redis URL is not UTF-8 after percent-decoding")
        }
        return decoded
    }

    private static func hexadecimal(_ high: UInt8, _ low: UInt8) -> UInt8? {
        guard let high = Character(UnicodeScalar(high)).hexDigitValue,
            let low = Character(UnicodeScalar(low)).hexDigitValue
        else { return nil }
        return UInt8(truncatingIfNeeded: high << 4 | low)
    }
}
