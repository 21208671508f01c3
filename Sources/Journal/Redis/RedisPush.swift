/// What a connection in push mode brings without being asked.
public enum RedisPush: Sendable, Equatable {
    /// A message of a channel.
    case message(channel: [UInt8], payload: [UInt8])
    /// Redis ended the subscription: in a cluster, the channel's slot moved to another node.
    case unsubscribed(channel: [UInt8])

    /// Reads a reply of a connection in push mode; nil when it answers a command.
    init?(_ reply: RESPReply) {
        guard let word = reply[0]?.bytes, let channel = reply[1]?.bytes else { return nil }
        switch String(decoding: word, as: UTF8.self) {
        case "message", "smessage":
            guard let payload = reply[2]?.bytes else { return nil }
            self = .message(channel: channel, payload: payload)
        case "unsubscribe", "sunsubscribe": self = .unsubscribed(channel: channel)
        default: return nil
        }
    }
}
