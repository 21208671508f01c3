import JSONBytes

/// Why what a caller gave for a link can't be used.
struct LinkFault: Error, Sendable, Equatable {
    /// Short and stable: `bad-hash`.
    let code: String
    /// One sentence for the caller.
    let sentence: String

    init(_ code: String, _ sentence: String) {
        self.code = code
        self.sentence = sentence
    }

    /// What bytes that aren't the JSON that was needed mean for the caller.
    init(_ error: JSONError) {
        self.init(
            error.reason == .tooDeep ? "too-deep" : "bad-json", "The body can't be read: \(error.description).")
    }

    /// Whether it is the size that is wrong, and nothing else.
    var isTooLarge: Bool { code == Self.valuesTooLarge.code }

    static let badCode = LinkFault(
        "bad-code",
        "A teacher code is a text of \(LinkLimits.codeLength.lowerBound) to \(LinkLimits.codeLength.upperBound) characters."
    )
    static let badActivity = LinkFault(
        "bad-activity",
        "An activityName has \(LinkLimits.activityLength.lowerBound) to \(LinkLimits.activityLength.upperBound) characters "
            + "out of letters, digits, \"-\" and \"_\".")
    static let foreignActivity = LinkFault("unknown-activity", "There are no links for this activity here.")
    static let badPolicy = LinkFault(
        "bad-entry-policy",
        "An entryPolicy is one of \(EntryPolicy.allCases.map(\.rawValue).joined(separator: ", ")).")
    static let badOptions = LinkFault(
        "bad-options",
        "selectedOptions is an object of at most \(LinkLimits.optionsMax) texts: names of 1 to "
            + "\(LinkLimits.optionNameLength.upperBound) printable ASCII characters, values of at most "
            + "\(LinkLimits.optionValueBytesMax) bytes without control characters.")
    static let optionsTooLong = LinkFault(
        "bad-options",
        "selectedOptions take at most \(LinkLimits.optionsBytesMax) bytes as percent-encoded JSON.")
    static let badURLHash = LinkFault("bad-url-hash", "A urlHash is a text.")
    static let badHash = LinkFault(
        "bad-hash", "Invalid link format (corrupted URL). Expected characters out of 0-9 and a-f.")
    static let missingHash = LinkFault("bad-hash", "A hash is a text of \(LinkHash.length) characters.")
    static let badValues = LinkFault("bad-values", "values is an object.")
    static let valuesTooLarge = LinkFault(
        "values-too-large", "values has at most \(LinkLimits.valuesBytesMax) bytes.")
    static let badToken = LinkFault(
        "bad-token",
        "A token has \(LinkLimits.tokenLength.lowerBound) to \(LinkLimits.tokenLength.upperBound) characters "
            + "out of letters, digits, \"-\" and \"_\".")

    /// A hash that lost or won characters on its way.
    static func hashLength(_ count: Int) -> LinkFault {
        LinkFault(
            "bad-hash",
            "Invalid link format (corrupted URL). Expected \(LinkHash.length) characters, got \(count).")
    }
}

/// Checks of single values, shared by all surfaces.
enum LinkRules {
    static func check(code: String) throws(LinkFault) {
        guard LinkLimits.codeLength.contains(code.utf16.count) else { throw .badCode }
    }

    static func check(activity: String) throws(LinkFault) {
        guard isWord(activity, length: LinkLimits.activityLength) else { throw .badActivity }
    }

    /// Letters, digits, `-` and `_` of ASCII.
    static func isWord(_ text: String, length: ClosedRange<Int>) -> Bool {
        length.contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}
