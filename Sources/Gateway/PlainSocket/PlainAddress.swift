import Store

/// Where a plain WebSocket leads, read from its path and query: `/ws/<name>[/<name>…]?id=…&since=…&envelope=1`.
///
/// The channel is the parts of the path and the first of ``idNames`` that the query has, with `:` in between. A path that
/// can't be read to the end leads nowhere: half of a name would be the name of another channel.
struct PlainAddress: Equatable, Sendable {
    static let prefix = "/ws/"
    /// Values of the query that end a channel's name; the first that is there counts.
    static let idNames = ["id", "runId", "sessionId", "chatId", "room"]

    /// Why an address leads nowhere.
    enum Fault: Error, Equatable {
        case notDecodable
        case emptyName
        case envelope
        case since

        /// The sentence for whoever wrote the address.
        var sentence: String {
            switch self {
            case .notDecodable: "A % in the address is not followed by two digits, or what they spell is not UTF-8."
            case .emptyName: "A name in the path, or the id in the query, is empty."
            case .envelope: "envelope is 1 or 0."
            case .since: "since is an epoch and an offset with a colon between them."
            }
        }
    }

    /// Not checked against the rules of names yet.
    let channel: String
    /// Publications come with their positions.
    let isEnveloped: Bool
    /// What a returning client has seen.
    let since: Position?
    let token: String?
    let apiKey: String?

    /// Reads the path of a request that begins with ``prefix``.
    init(_ target: String) throws(Fault) {
        let values = try Self.query(target)
        var names: [String] = []
        for part in target.prefix(while: { $0 != "?" }).dropFirst(Self.prefix.count).split(
            separator: "/", omittingEmptySubsequences: false)
        {
            guard let name = PercentText.decode(part) else { throw .notDecodable }
            names.append(name)
        }
        names += Self.idNames.lazy.compactMap { values[$0] }.prefix(1)
        guard names.allSatisfy({ !$0.isEmpty }) else { throw .emptyName }
        channel = names.joined(separator: ":")
        switch values["envelope"] {
        case nil, "0": isEnveloped = false
        case "1": isEnveloped = true
        default: throw .envelope
        }
        if let text = values["since"] {
            guard let position = Position(shown: text), !position.epoch.isEmpty else { throw .since }
            since = position
        } else {
            since = nil
        }
        (token, apiKey) = (values["token"], values["api_key"])
    }

    /// The first value of each name.
    private static func query(_ target: String) throws(Fault) -> [String: String] {
        var values: [String: String] = [:]
        for pair in QueryText.pairs(of: target) {
            guard let (name, value) = pair else { throw .notDecodable }
            if values[name] == nil { values[name] = value }
        }
        return values
    }
}

extension Position {
    /// Reads `<epoch>:<offset>`, as positions are shown outside of the client protocol.
    init?(shown text: some StringProtocol) {
        guard let colon = text.lastIndex(of: ":"), let offset = UInt64(text[text.index(after: colon)...]) else {
            return nil
        }
        self.init(epoch: String(text[..<colon]), offset: offset)
    }
}
