/// Names the namespaces that belong to the service itself.
public enum ReservedNamespace: String, Sendable, CaseIterable {
    case session
    case waiting
    case presence
}

/// Is a channel name that passed the name rules, with its namespace found.
///
/// - Bounds: 1 to 255 bytes, printable ASCII without the space (0x21–0x7E).
public struct ChannelName: Sendable, Hashable {
    /// The whole name as the client wrote it, private prefix included.
    public let text: String
    /// The text before the first `:`, without a leading `$`; nil when the name has no `:`.
    public let namespace: String?
    /// True when the name starts with `$`, which asks for a subscription token.
    public let isPrivate: Bool

    /// Longest name, in bytes.
    public static let maximumBytes = 255

    /// Reads a name; nil means error 107.
    public init?(_ text: String) {
        let bytes = text.utf8
        guard !bytes.isEmpty, bytes.count <= Self.maximumBytes, bytes.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            return nil
        }
        self.text = text
        self.isPrivate = text.hasPrefix("$")
        let bare = isPrivate ? text.dropFirst() : text[...]
        self.namespace = bare.firstIndex(of: ":").map { String(bare[..<$0]) }
    }

    /// The service's own namespace that this channel lies in, if any.
    ///
    /// - Guarantee: a private prefix does not lead around it; `$session:x` is as reserved as `session:x`.
    public var reserved: ReservedNamespace? { namespace.flatMap(ReservedNamespace.init(rawValue:)) }

    /// The id behind `session:` and its like; nil outside of reserved namespaces and for an empty id.
    public var reservedID: Substring? {
        guard reserved != nil, let colon = text.firstIndex(of: ":") else { return nil }
        let id = text[text.index(after: colon)...]
        return id.isEmpty || isPrivate ? nil : id
    }

    /// The name without its private prefix and its namespace.
    var rest: Substring {
        let bare = isPrivate ? text.dropFirst() : text[...]
        return namespace.map { bare.dropFirst($0.utf8.count + 1) } ?? bare
    }

    /// The users behind the last `#`, with commas between them; nil for a name without one.
    var users: [Substring]? {
        text.lastIndex(of: "#").map { text[text.index(after: $0)...].split(separator: ",") }
    }
}
