import JSONBytes

extension LinkCookie {
    /// What a browser sent.
    enum Reading: Sendable, Equatable {
        /// What of it counts; empty where there is no cookie.
        case cookie(LinkCookie)
        /// Nothing that this service ever set.
        case corrupted
    }

    /// Reads the cookie's value as it came.
    ///
    /// Links whose proof doesn't hold or is older than a year are passed over, and so are those that ActiveBits wrote: they
    /// hold a code where the proof should be, and to try it here would be a guess that no limit counts.
    static func read(_ value: String?, secrets: LinkSecrets, now: Int64) -> Reading {
        guard let value, !value.isEmpty else { return .cookie(LinkCookie()) }
        guard value.utf8.count <= LinkLimits.cookieReadBytesMax, let text = PercentText.decode(value) else {
            return .corrupted
        }
        do throws(JSONError) {
            let stored = try Array(text.utf8).readJSON { (cursor, buffer) throws(JSONError) in
                var stored: [Stored] = []
                try cursor.beginArray()
                while try cursor.nextElement() { stored.append(try Stored(&cursor, buffer)) }
                return stored
            }
            return .cookie(LinkCookie(entries: stored.compactMap { $0.entry(secrets: secrets, now: now) }))
        } catch { return .corrupted }
    }

    /// An element of the cookie, read but not verified.
    private struct Stored {
        var key: String?
        var policy: String?
        var options: JSONText?
        var urlHash: String?
        var issuedAt: Int64?
        var proof: String?

        init(_ cursor: inout JSONCursor, _ buffer: UnsafeRawBufferPointer) throws(JSONError) {
            try cursor.beginObject()
            while let name = try cursor.nextKey() {
                if name.equals("key", in: buffer) {
                    key = try cursor.readString()
                } else if name.equals("entryPolicy", in: buffer) {
                    policy = try cursor.readString()
                } else if name.equals("selectedOptions", in: buffer) {
                    options = try cursor.readText()
                } else if name.equals("urlHash", in: buffer) {
                    urlHash = try cursor.readString()
                } else if name.equals("issuedAt", in: buffer) {
                    issuedAt = try cursor.readInt64()
                } else if name.equals("proof", in: buffer) {
                    proof = try cursor.readString()
                } else {
                    _ = try cursor.skipValue()
                }
            }
        }

        /// The entry, if its proof holds; its terms, if they are signed.
        func entry(secrets: LinkSecrets, now: Int64) -> Entry? {
            guard let parts = key?.split(separator: ":", omittingEmptySubsequences: false), parts.count == 2,
                let issuedAt, let proof = proof.flatMap({ Base64Text.decodeURL($0[...]) }),
                // Losing the fault is safe: a key without a hash names no link.
                let hash = try? LinkHash(String(parts[1]))
            else { return nil }
            var entry = Entry(activity: String(parts[0]), hash: hash, terms: .fallback, issuedAt: issuedAt)
            guard secrets.isSignature(proof, of: entry.message) else { return nil }
            let (age, overflow) = now.subtractingReportingOverflow(issuedAt)
            guard !overflow, age <= LinkLimits.cookieLifeSeconds * 1000 else { return nil }
            entry.terms = claimed?.verified(of: hash, urlHash: urlHash, secrets: secrets) ?? .fallback
            return entry
        }

        private var claimed: LinkTerms? {
            // Losing the fault is safe: options that no link can have were never signed.
            guard let options = options.map({ try? LinkOptions($0) }) ?? LinkOptions.empty,
                let policy = policy.map({ EntryPolicy(rawValue: $0) }) ?? .fallback
            else { return nil }
            return LinkTerms(policy: policy, options: options)
        }
    }
}

extension LinkCookie.Entry {
    /// `{"key","entryPolicy"?,"selectedOptions"?,"urlHash"?,"issuedAt","proof"}`. Terms that say nothing are left out: this
    /// way twenty links fit into a cookie.
    func json(secrets: LinkSecrets) -> [UInt8] {
        var out: [UInt8] = []
        out.appendASCII("{\"key\":")
        out.appendJSONString(key)
        if terms != .fallback {
            out.appendASCII(",\"entryPolicy\":")
            out.appendJSONString(terms.policy.rawValue)
            out.appendASCII(",\"selectedOptions\":")
            out.append(contentsOf: terms.options.json)
            out.appendASCII(",\"urlHash\":")
            out.appendJSONString(terms.urlHash(of: hash, secrets: secrets))
        }
        out.appendASCII(",\"issuedAt\":")
        out.appendDecimal(issuedAt)
        out.appendASCII(",\"proof\":")
        out.appendJSONString(Base64Text.encodeURL(secrets.signature(of: message)))
        out.append(UInt8(ascii: "}"))
        return out
    }
}
