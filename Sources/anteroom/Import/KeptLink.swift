import Gateway
import JSONBytes

/// A permanent link of ActiveBits, kept as it was read until waiting rooms can take it over.
struct KeptLink: Sendable, Equatable {
    /// The type of the session that keeps a link.
    static let type = "activebits-link"
    /// In front of the hash it makes the session's id.
    static let idPrefix = "persistent-"

    let hash: String
    /// The value of the key.
    let value: JSONText
    /// The session that runs for the link, by the link's own word.
    let session: String?
    /// Milliseconds of life; nil for the default.
    let ttl: Int64?

    /// The session that keeps it: `{"hash","link","session"}`.
    ///
    /// - Parameter mapped: the session that the reverse mapping names; the link's own word goes before it.
    func kept(mapped: String?) throws(SessionInputFault) -> ImportedSession {
        var document: [UInt8] = []
        document.appendASCII("{\"hash\":")
        document.appendJSONString(hash)
        document.appendASCII(",\"link\":")
        document.append(contentsOf: value.bytes)
        document.appendASCII(",\"session\":")
        if let session = session ?? mapped {
            document.appendJSONString(session)
        } else {
            document.appendASCII("null")
        }
        document.append(UInt8(ascii: "}"))
        // Made of checked parts, one level deeper than the value, which was read with that in mind.
        let session = try NewSession(type: Self.type, ttl: ttl, document: JSONText(unchecked: document))
        return try ImportedSession(id: Self.idPrefix + hash, session)
    }

    /// A hash as it is, also where a client library stored it as a JSON string.
    static func unquoted(_ text: String) -> String {
        guard text.count >= 2, text.first == "\"", text.last == "\"" else { return text }
        return String(text.dropFirst().dropLast())
    }
}
