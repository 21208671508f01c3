import Gateway
import JSONBytes

/// A key of an ActiveBits deployment with what Valkey holds for it.
struct ActiveBitsRecord: Sendable {
    /// What a key means to ActiveBits, in the order of reading.
    enum Kind: String, Sendable, CaseIterable {
        /// `persistent-session-by-session:{sessionId}`: the hash of the link that a session was started from.
        case mapping = "persistent-session-by-session:"
        /// `session:{id}`: one JSON object `{id,type,created,lastActivity,data}`.
        case session = "session:"
        /// `persistent:{hash}`: one JSON object `{activityName,…,sessionId}`.
        case link = "persistent:"

        /// The pattern for SCAN; none matches a key of another kind.
        var pattern: String { rawValue + "*" }
    }

    /// What a record becomes.
    enum Meaning: Sendable, Equatable {
        case session(ImportedSession)
        case link(ImportedLink)
        case mapping(SessionMapping)
        case skipped(SkipReason)
    }

    let key: String
    let value: [UInt8]
    /// Milliseconds as PTTL tells them: -1 for a key without an end, -2 for none.
    let remaining: Int64

    /// The largest document that is taken, in bytes.
    static let documentBytesMax = 1_048_576

    /// Decides.
    func meaning(as kind: Kind) -> Meaning {
        let name = String(key.dropFirst(kind.rawValue.count))
        guard remaining != -2, remaining != 0 else { return .skipped(.expired) }
        guard value.count <= Self.documentBytesMax else { return .skipped(.tooLarge) }
        switch kind {
        case .mapping:
            let hash = String(decoding: value, as: UTF8.self)
            return .mapping(SessionMapping(hash: SessionMapping.unquoted(hash), session: name))
        case .session:
            return document().flatMap { session(name, $0) }
        case .link:
            return document().flatMap { link(name, $0) }
        }
    }

    /// How long the link would have lived there says nothing: here it is kept as long as somebody uses it.
    private func link(_ hash: String, _ document: JSONText) -> Meaning {
        do throws(SessionInputFault) {
            return .link(
                try ImportedLink(
                    hash: hash, activity: Self.text("activityName", of: document) ?? "",
                    policy: Self.text("entryPolicy", of: document), options: document.member("selectedOptions"),
                    session: Self.text("sessionId", of: document)))
        } catch { return .skipped(.badLink(error.sentence)) }
    }

    /// Milliseconds of life, within what a session may have; nil leaves it to Anteroom's default.
    private var ttl: Int64? {
        remaining < 0 ? nil : min(max(remaining, SessionLimits.ttlMin), SessionLimits.ttlMax)
    }

    private func session(_ id: String, _ document: JSONText) -> Meaning {
        do throws(SessionInputFault) {
            // A type that can't be ours stays in the document, where all of the record is.
            let type = Self.text("type", of: document) ?? SessionLimits.typeDefault
            let session: NewSession
            do throws(SessionInputFault) {
                session = try NewSession(type: type, ttl: ttl, document: document)
            } catch { session = try NewSession(ttl: ttl, document: document) }
            return .session(try ImportedSession(id: id, session))
        } catch { return .skipped(.badID) }
    }

    private func document() -> Reading {
        do throws(JSONError) {
            let document = try JSONText(validating: value)
            return document.isObject ? .document(document) : .unusable(.notAnObject)
        } catch { return .unusable(error.reason == .tooDeep ? .tooDeep : .notJSON) }
    }

    private enum Reading {
        case document(JSONText)
        case unusable(SkipReason)

        func flatMap(_ body: (JSONText) -> Meaning) -> Meaning {
            switch self {
            case .document(let document): body(document)
            case .unusable(let reason): .skipped(reason)
            }
        }
    }

    /// A member that is a text; nil for any other value.
    private static func text(_ name: String, of document: JSONText) -> String? {
        guard let member = document.member(name), member.bytes.first == UInt8(ascii: "\"") else { return nil }
        return member.bytes.withUnsafeBytes { bytes in
            var cursor = JSONCursor(bytes)
            // The document was validated, so that this can't fail; and without a text there is none.
            return try? cursor.readString()
        }
    }
}

/// Which link a session was started from.
struct SessionMapping: Sendable, Equatable {
    let hash: String
    let session: String

    /// A hash as it is, also where a client library stored it as a JSON string.
    static func unquoted(_ text: String) -> String {
        guard text.count >= 2, text.first == "\"", text.last == "\"" else { return text }
        return String(text.dropFirst().dropLast())
    }
}
