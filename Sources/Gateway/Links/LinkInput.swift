import JSONBytes

/// The bodies of the requests about links, read and checked.
///
/// Members that a request doesn't know are passed over, and null is as good as absent: clients of ActiveBits send both.
enum LinkInput {
    /// `{activityName,teacherCode,selectedOptions?,entryPolicy?}`.
    struct Create: Sendable, Equatable {
        let activity: String
        let code: String
        let terms: LinkTerms

        init(json bytes: [UInt8]) throws(LinkFault) {
            let members = try Members(bytes)
            activity = try members.activity()
            code = try members.code()
            terms = try members.terms()
        }
    }

    /// `{activityName,hash,teacherCode,selectedOptions?,entryPolicy?,urlHash?}`.
    struct Authenticate: Sendable, Equatable {
        let activity: String
        let hash: LinkHash
        let code: String
        /// What counts only once it is verified against `urlHash`.
        let claimed: LinkTerms
        let urlHash: String?

        init(json bytes: [UInt8]) throws(LinkFault) {
            let members = try Members(bytes)
            activity = try members.activity()
            hash = try members.hash()
            code = try members.code()
            claimed = try members.terms()
            urlHash = try members.text(.urlHash, or: .badURLHash)
        }
    }

    /// `{activityName,hash,selectedOptions?,entryPolicy?}`; what is absent stays as it is.
    struct Update: Sendable, Equatable {
        let activity: String
        let hash: LinkHash
        let policy: EntryPolicy?
        let options: LinkOptions?

        init(json bytes: [UInt8]) throws(LinkFault) {
            let members = try Members(bytes)
            activity = try members.activity()
            hash = try members.hash()
            policy = try members.policy()
            options = try members.options()
        }

        /// The terms after it.
        func terms(after old: LinkTerms) -> LinkTerms {
            LinkTerms(policy: policy ?? old.policy, options: options ?? old.options)
        }
    }

    /// `{activityName,hash}`.
    struct Remove: Sendable, Equatable {
        let activity: String
        let hash: LinkHash

        init(json bytes: [UInt8]) throws(LinkFault) {
            let members = try Members(bytes)
            activity = try members.activity()
            hash = try members.hash()
        }
    }

    /// `{values}`: what a student brings along through the waiting room.
    struct EntryParticipant: Sendable, Equatable {
        /// A JSON object.
        let values: JSONText

        init(json bytes: [UInt8]) throws(LinkFault) {
            guard let values = try Members(bytes).raw[.values], values.isObject else { throw .badValues }
            guard values.bytes.count <= LinkLimits.valuesBytesMax else { throw .valuesTooLarge }
            self.values = values
        }
    }

    /// `{token}`: the other end of the hand-over.
    struct Consume: Sendable, Equatable {
        let token: String

        init(json bytes: [UInt8]) throws(LinkFault) {
            guard let token = try Members(bytes).text(.token, or: .badToken),
                LinkRules.isWord(token, length: LinkLimits.tokenLength)
            else { throw .badToken }
            self.token = token
        }
    }

    /// What an object says of a link, read but not checked.
    private struct Members {
        enum Name: String {
            case activityName, hash, teacherCode, selectedOptions, entryPolicy, urlHash, values, token
        }

        /// The known members; of one that is there twice the last, of null nothing.
        let raw: [Name: JSONText]

        init(_ bytes: [UInt8]) throws(LinkFault) {
            do throws(JSONError) {
                raw = try bytes.readJSON(depthMax: JSONLimits.depthMax + 1) { (cursor, buffer) throws(JSONError) in
                    var raw: [Name: JSONText] = [:]
                    try cursor.beginObject()
                    while let key = try cursor.nextKey() {
                        if let name = Name(rawValue: key.string(in: buffer)) {
                            let value = try cursor.readText()
                            raw[name] = value == .null ? nil : value
                        } else {
                            _ = try cursor.skipValue()
                        }
                    }
                    return raw
                }
            } catch { throw LinkFault(error) }
        }

        /// Nil for an absent member; the fault for one that is no text.
        func text(_ name: Name, or fault: LinkFault) throws(LinkFault) -> String? {
            guard let text = raw[name] else { return nil }
            do throws(JSONError) {
                return try text.bytes.readJSON { (cursor, _) throws(JSONError) in try cursor.readString() }
            } catch { throw fault }
        }

        func activity() throws(LinkFault) -> String {
            guard let activity = try text(.activityName, or: .badActivity) else { throw .badActivity }
            try LinkRules.check(activity: activity)
            return activity
        }

        func code() throws(LinkFault) -> String {
            guard let code = try text(.teacherCode, or: .badCode) else { throw .badCode }
            try LinkRules.check(code: code)
            return code
        }

        func hash() throws(LinkFault) -> LinkHash {
            guard let hash = try text(.hash, or: .missingHash) else { throw .missingHash }
            return try LinkHash(hash)
        }

        func policy() throws(LinkFault) -> EntryPolicy? {
            guard let text = try text(.entryPolicy, or: .badPolicy) else { return nil }
            guard let policy = EntryPolicy(rawValue: text) else { throw .badPolicy }
            return policy
        }

        func options() throws(LinkFault) -> LinkOptions? {
            guard let text = raw[.selectedOptions] else { return nil }
            return try LinkOptions(text)
        }

        func terms() throws(LinkFault) -> LinkTerms {
            LinkTerms(policy: try policy() ?? .fallback, options: try options() ?? .empty)
        }
    }
}
