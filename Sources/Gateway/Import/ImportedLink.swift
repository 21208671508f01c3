import JSONBytes

/// A permanent link that comes from another service and keeps its hash.
///
/// The hash itself proves the code that the link was made with, so that nothing of the code is brought.
public struct ImportedLink: Sendable, Equatable {
    /// 20 hexadecimal digits.
    public let hash: String
    /// What it leads to.
    public let activity: String
    let terms: LinkTerms
    /// What is live behind it; with a session that isn't there the link waits.
    public private(set) var session: String?

    /// Checks the parts. A session that no surface could find is as good as none.
    ///
    /// - Errors: the faults of a link that is made here.
    public init(
        hash: String, activity: String, policy: String?, options: JSONText?, session: String?
    ) throws(SessionInputFault) {
        do throws(LinkFault) {
            self.hash = try LinkHash(hash).text
            try LinkRules.check(activity: activity)
            self.activity = activity
            var terms = LinkTerms.fallback
            if let policy {
                guard let known = EntryPolicy(rawValue: policy) else { throw .badPolicy }
                terms.policy = known
            }
            if let options, options != .null { terms.options = try LinkOptions(options) }
            self.terms = terms
        } catch { throw SessionInputFault(error.code, error.sentence) }
        self.session = session.flatMap { SessionRules.isID($0) ? $0 : nil }
    }

    /// The same link, live in a session where it names none itself.
    public func live(in session: String?) -> ImportedLink {
        var link = self
        link.session = self.session ?? session.flatMap { SessionRules.isID($0) ? $0 : nil }
        return link
    }

    /// Reads `{"link","activity","policy"?,"options"?,"session"?}`.
    public init(json bytes: [UInt8]) throws(SessionInputFault) {
        let members: Members
        do throws(JSONError) {
            members = try bytes.readJSON { (cursor, buffer) throws(JSONError) in try Members(&cursor, buffer) }
        } catch { throw SessionInputFault(error) }
        if let name = members.unknown {
            throw SessionInputFault(
                "bad-member", "\"\(name.prefix(40))\" is none of link, activity, policy, options and session.")
        }
        try self.init(
            hash: members.hash, activity: members.activity, policy: members.policy, options: members.options,
            session: members.session)
    }

    private struct Members {
        var hash = ""
        var activity = ""
        var policy: String?
        var options: JSONText?
        var session: String?
        var unknown: String?

        init(_ cursor: inout JSONCursor, _ buffer: UnsafeRawBufferPointer) throws(JSONError) {
            try cursor.beginObject()
            while let key = try cursor.nextKey() {
                switch key.string(in: buffer) {
                case "link": hash = try cursor.readString()
                case "activity": activity = try cursor.readString()
                case "policy": policy = try cursor.readString()
                case "options": options = try cursor.readText()
                case "session": session = try cursor.readString()
                case let name:
                    unknown = unknown ?? name
                    _ = try cursor.skipValue()
                }
            }
        }
    }

    /// The object that `init(json:)` reads, in one line with its end.
    public var line: [UInt8] {
        var out: [UInt8] = []
        out.appendASCII("{\"link\":")
        out.appendJSONString(hash)
        out.appendASCII(",\"activity\":")
        out.appendJSONString(activity)
        out.appendASCII(",\"policy\":")
        out.appendJSONString(terms.policy.rawValue)
        out.appendASCII(",\"options\":")
        out.append(contentsOf: terms.options.json)
        if let session {
            out.appendASCII(",\"session\":")
            out.appendJSONString(session)
        }
        out.appendASCII("}\n")
        return out
    }
}
