import JSONBytes

/// A join or leave as subscribers get it: made once for all of them.
struct PresenceNotice: Sendable, Equatable {
    let channel: String
    /// `{"push":{"channel":…,"join":{"info":…}}}`.
    let push: [UInt8]

    init(_ change: PresenceChange) {
        channel = change.channel
        var out: [UInt8] = Array("{\"push\":{\"channel\":".utf8)
        out.appendJSONString(change.channel)
        out.appendASCII(change.isJoin ? ",\"join\":{\"info\":" : ",\"leave\":{\"info\":")
        change.member.append(to: &out)
        out.appendASCII("}}}")
        push = out
    }
}

/// The results of presence questions, the same for clients and servers.
enum PresenceResult {
    /// `{"presence":{"<client>":{…}}}`, in the order of client ids; nil when it is longer than it may be.
    static func members(_ members: [PresenceMember], bytesMax: Int) -> [UInt8]? {
        var out: [UInt8] = Array("{\"presence\":{".utf8)
        let named = members.map { ($0.client.text, $0) }.sorted { $0.0 < $1.0 }
        for (index, (client, member)) in named.enumerated() {
            guard out.count <= bytesMax else { return nil }
            if index > 0 { out.append(UInt8(ascii: ",")) }
            out.appendJSONString(client)
            out.append(UInt8(ascii: ":"))
            member.append(to: &out)
        }
        out.appendASCII("}}")
        return out.count <= bytesMax ? out : nil
    }

    /// `{"num_clients":…,"num_users":…}`.
    static func stats(clients: Int, users: Int) -> [UInt8] {
        var out: [UInt8] = Array("{\"num_clients\":".utf8)
        out.appendDecimal(clients)
        out.appendASCII(",\"num_users\":")
        out.appendDecimal(users)
        out.append(UInt8(ascii: "}"))
        return out
    }
}
