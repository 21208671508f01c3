/// Reads and writes cookies (RFC 6265).
enum CookieText {
    /// The value of the first cookie with a name in the `Cookie` field.
    static func value(of name: String, in field: String?) -> String? {
        guard let field else { return nil }
        for part in field.split(separator: ";") {
            let pair = part.drop { $0 == " " }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2, pair[0] == name { return String(pair[1]) }
        }
        return nil
    }

    /// A `Set-Cookie` field: kept from scripts and from foreign pages' posts.
    ///
    /// - Parameter seconds: how long the browser keeps it; nil is as long as it runs, 0 removes it.
    static func set(_ name: String, _ value: String, seconds: Int64?, isSecure: Bool) -> String {
        let life = seconds.map { "; Max-Age=\($0)" } ?? ""
        return "\(name)=\(value); Path=/\(life); HttpOnly; SameSite=Lax\(isSecure ? "; Secure" : "")"
    }
}
