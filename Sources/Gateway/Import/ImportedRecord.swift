import JSONBytes

/// One line of an import: a session, or a permanent link.
public enum ImportedRecord: Sendable, Equatable {
    case session(ImportedSession)
    case link(ImportedLink)

    /// Reads a line; one with the member `link` is a link.
    public init(json bytes: [UInt8]) throws(SessionInputFault) {
        self =
            JSONText(unchecked: bytes).member("link") == nil
            ? .session(try ImportedSession(json: bytes)) : .link(try ImportedLink(json: bytes))
    }

    /// The session's id, or the link's hash.
    public var id: String {
        switch self {
        case .session(let session): session.id
        case .link(let link): link.hash
        }
    }

    /// True for a link.
    public var isLink: Bool { if case .link = self { true } else { false } }

    /// What `init(json:)` reads, in one line with its end.
    public var line: [UInt8] {
        switch self {
        case .session(let session): session.line
        case .link(let link): link.line
        }
    }

    /// Bytes that `line` takes at most.
    public var lineBytes: Int {
        switch self {
        case .session(let session): session.lineBytes
        case .link(let link): link.line.count
        }
    }
}
