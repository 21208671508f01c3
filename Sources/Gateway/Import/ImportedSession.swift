import JSONBytes

/// Bounds of one request that imports sessions and links.
public enum ImportLimits {
    /// Sessions and links of one request.
    public static let recordsMax = 200
    /// Bytes of one request's body, which is the bound of every body.
    public static let requestBytesMax = TransportLimits().maxBodyBytes
}

/// A session that comes from another service and keeps the id that it had there.
///
/// Only operators bring these: the id need not be hard to guess, as one of ours is.
public struct ImportedSession: Sendable, Equatable {
    /// A text that `SessionRules.isID` accepts.
    public let id: String
    /// Type, life and document; it belongs to nobody.
    public let session: NewSession

    /// Checks the id.
    ///
    /// - Errors: `bad-id` for an id by which no surface could find the session again.
    public init(id: String, _ session: NewSession) throws(SessionInputFault) {
        guard SessionRules.isID(id) else {
            throw SessionInputFault(
                "bad-id",
                "An id has 1 to \(SessionLimits.idBytesMax) characters out of letters, digits, \"-\" and \"_\".")
        }
        (self.id, self.session) = (id, session)
    }

    /// Reads `{"id","type"?,"ttl"?,"document"?}`.
    public init(json bytes: [UInt8]) throws(SessionInputFault) {
        let members = try NewSession.Members(bytes)
        if let name = members.unknown ?? (members.owner == nil ? nil : "owner") {
            throw SessionInputFault("bad-member", "\"\(name.prefix(40))\" is none of id, type, ttl and document.")
        }
        guard let id = members.id else {
            throw SessionInputFault("bad-id", "A session is imported with its id, a text.")
        }
        try self.init(id: id, NewSession(members))
    }

    /// Bytes that `line` takes at most: its words are ASCII without anything to escape, but a type may have quotes.
    public var lineBytes: Int { session.document.bytes.count + id.utf8.count + 2 * session.type.utf8.count + 64 }

    /// The object that `init(json:)` reads, in one line with its end.
    public var line: [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(lineBytes)
        out.appendASCII("{\"id\":")
        out.appendJSONString(id)
        out.appendASCII(",\"type\":")
        out.appendJSONString(session.type)
        if let ttl = session.ttl {
            out.appendASCII(",\"ttl\":")
            out.appendDecimal(ttl)
        }
        out.appendASCII(",\"document\":")
        out.append(contentsOf: session.document.bytes)
        out.appendASCII("}\n")
        return out
    }
}
