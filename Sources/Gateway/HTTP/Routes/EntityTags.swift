import Foundation

/// The value of `If-Match` or `If-None-Match`.
///
/// - Source: RFC 9110 §8.8.3 and §13.1.
enum EntityTags: Equatable, Sendable {
    case any
    case tags([Tag])

    /// One tag; ours are strong and hold a version.
    struct Tag: Equatable, Sendable {
        let isWeak: Bool
        let text: String

        /// The version that the tag names; nil for a tag that is none of ours.
        var version: UInt64? {
            guard text.utf8.first != UInt8(ascii: "0") || text == "0",
                text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
            else { return nil }
            return UInt64(text)
        }
    }

    static let tagsMax = 64

    /// Reads a field value; nil when it is malformed.
    init?(_ value: String) {
        let value = value.trimmingCharacters(in: .whitespaces)
        if value == "*" {
            self = .any
            return
        }
        var rest = value[...]
        var tags: [Tag] = []
        while true {
            guard let tag = Self.readTag(&rest) else { return nil }
            tags.append(tag)
            rest = rest.drop { $0 == " " || $0 == "\t" }
            if rest.isEmpty { break }
            guard rest.popFirst() == ",", tags.count < Self.tagsMax else { return nil }
            rest = rest.drop { $0 == " " || $0 == "\t" }
        }
        self = .tags(tags)
    }

    private static func readTag(_ rest: inout Substring) -> Tag? {
        let isWeak = rest.hasPrefix("W/")
        if isWeak { rest = rest.dropFirst(2) }
        guard rest.popFirst() == "\"", let end = rest.firstIndex(of: "\"") else { return nil }
        defer { rest = rest[rest.index(after: end)...] }
        return Tag(isWeak: isWeak, text: String(rest[..<end]))
    }

    /// `If-None-Match`: weak comparison.
    func includes(version: UInt64) -> Bool {
        switch self {
        case .any: true
        case .tags(let tags): tags.contains { $0.version == version }
        }
    }

    /// The versions that `If-Match` accepts, by strong comparison; nil for any.
    var accepted: [UInt64]? {
        switch self {
        case .any: nil
        case .tags(let tags): tags.compactMap { $0.isWeak ? nil : $0.version }
        }
    }

    /// The tag of a version as it is sent.
    static func text(of version: UInt64) -> String { "\"\(version)\"" }
}
