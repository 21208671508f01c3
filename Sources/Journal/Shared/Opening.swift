import JSONBytes

/// The body of an entry that opens a lineage.
///
/// The entry's origin is not the engine's: with the opener's own, the opening would overtake the opener's entries that wait
/// to be appended again, and these would then be refused as late duplicates.
///
/// As JSON: `{"salt":"…","secret":"…","parent":"lineage.sequence@origin-counter","server":"…","keeps":true}`; what says nothing
/// is left out.
public struct Opening: Equatable, Sendable {
    /// Drawn by the opener, so that a wiped directory never gives out an old epoch again; base-36 text.
    public var salt: String
    /// Makes session ids from idempotency keys; base-36 text. The first one counts.
    public var secret: String
    /// What the lineage goes on from.
    public var parent: Place
    /// The `master_replid` of the server that the lineage is bound to; empty for a node that runs alone.
    public var server: String
    /// True when the epochs go on: only where a single node, sole owner of the state, moves to a shared journal.
    public var keepsEpochs: Bool

    /// Makes an opening of its parts.
    public init(salt: String, secret: String, parent: Place = .start, server: String = "", keepsEpochs: Bool = false) {
        self.salt = salt
        self.secret = secret
        self.parent = parent
        self.server = server
        self.keepsEpochs = keepsEpochs
    }

    /// An opening with a salt and a secret of its own.
    public static func drawn(parent: Place = .start, server: String = "", keepsEpochs: Bool = false) -> Opening {
        var generator = SystemRandomNumberGenerator()
        func word() -> String { String(UInt64.random(in: .min ... .max, using: &generator), radix: 36) }
        let salt = String(UInt64.random(in: 0..<(1 << 40), using: &generator), radix: 36)
        return Opening(
            salt: salt, secret: word() + word(), parent: parent, server: server, keepsEpochs: keepsEpochs)
    }

    /// The body as JSON.
    public var body: [UInt8] {
        var out: [UInt8] = [UInt8(ascii: "{")]
        out.appendMember("salt", string: salt)
        out.appendMember("secret", string: secret)
        if parent != .start { out.appendMember("parent", string: parent.description) }
        if !server.isEmpty { out.appendMember("server", string: server) }
        if keepsEpochs { out.appendMember("keeps", json: Array("true".utf8)) }
        out[out.count - 1] = UInt8(ascii: "}")
        return out
    }

    /// Reads what an opening entry says; an unreadable member is as good as none: epochs are then told apart by their cursor
    /// alone, and a missing parent matches nobody.
    public init(_ entry: Entry) { self.init(body: entry.body) }

    /// Reads a body as `init(_:)` does.
    init(body: [UInt8]) {
        self.init(salt: "", secret: "")
        var parts = self
        do throws(JSONError) {
            try body.scan { (cursor, buffer) throws(JSONError) in
                try cursor.beginObject()
                while let key = try cursor.nextKey() {
                    switch key.string(in: buffer) {
                    case "salt": parts.salt = try cursor.readString()
                    case "secret": parts.secret = try cursor.readString()
                    case "parent": parts.parent = Place(try cursor.readString()) ?? .start
                    case "server": parts.server = try cursor.readString()
                    case "keeps": parts.keepsEpochs = try cursor.readBool()
                    default: _ = try cursor.skipValue()
                    }
                }
            }
            self = parts
        } catch { return }
    }

    /// The link that the opening adds to the chain.
    public func link(at cursor: Cursor) -> LineageChain.Link {
        LineageChain.Link(lineage: cursor.lineage, parent: parent, server: server)
    }
}
