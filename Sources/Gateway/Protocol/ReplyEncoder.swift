import NIOCore
import Store

/// Writes the replies and pushes of the client protocol as compact JSON, one a line, zero values left out.
///
/// - Source: client-protocol reference, sections 2, 3, 7 and 8.
enum ReplyEncoder {
    /// The version that clients are told.
    static let serverVersion = "\(ServiceVersion.current) anteroom"

    /// What a client is told once it is connected.
    struct Connected {
        var client: String
        /// Seconds between pings; 0 for none.
        var pingSeconds: UInt64
        /// Seconds until the client must refresh; nil for never.
        var ttlSeconds: UInt64?
        /// What the server subscribed the client to, by channel.
        var subscriptions: [(channel: String, Subscribed)] = []
    }

    static func connected(_ reply: Connected, id: UInt32, to out: inout ByteBuffer) {
        out.writeReplyStart(id, "connect")
        out.writeStaticString("{\"client\":\"")
        out.writeString(reply.client)
        out.writeStaticString("\",\"version\":\"")
        out.writeString(serverVersion)
        out.writeStaticString("\"")
        if let ttl = reply.ttlSeconds {
            out.writeStaticString(",\"expires\":true,\"ttl\":")
            out.writeDecimal(ttl)
        }
        if reply.pingSeconds > 0 {
            out.writeStaticString(",\"ping\":")
            out.writeDecimal(reply.pingSeconds)
            out.writeStaticString(",\"pong\":true")
        }
        if !reply.subscriptions.isEmpty {
            out.writeStaticString(",\"subs\":{")
            for (index, (channel, subscribed)) in reply.subscriptions.enumerated() {
                if index > 0 { out.writeInteger(UInt8(ascii: ",")) }
                out.writeJSONString(channel)
                out.writeInteger(UInt8(ascii: ":"))
                out.write(subscribed)
            }
            out.writeInteger(UInt8(ascii: "}"))
        }
        out.writeStaticString("}}")
    }

    /// A subscription as it was opened.
    struct Subscribed {
        var isRecoverable: Bool
        var isPositioned: Bool
        /// What the client had asked to recover from; nil when it had not.
        var asked: Position?
        var answer: SubscribeAnswer
        /// Seconds until the client must refresh the subscription; nil for never.
        var ttlSeconds: UInt64?
        /// JSON for the client, from its token or an operator.
        var data: [UInt8]?
    }

    static func subscribed(_ reply: Subscribed, id: UInt32, to out: inout ByteBuffer) {
        out.writeReplyStart(id, "subscribe")
        out.write(reply)
        out.writeStaticString("}")
    }

    static func history(_ answer: HistoryAnswer, id: UInt32, to out: inout ByteBuffer) {
        out.writeReplyStart(id, "history")
        out.writeStaticString("{\"publications\":")
        out.writePublications(answer.publications)
        out.writeStaticString(",\"epoch\":")
        out.writeJSONString(answer.position.epoch)
        out.writeStaticString(",\"offset\":")
        out.writeDecimal(answer.position.offset)
        out.writeStaticString("}}")
    }

    static func rpc(_ data: [UInt8], id: UInt32, to out: inout ByteBuffer) {
        out.writeReplyStart(id, "rpc")
        out.writeStaticString("{\"data\":")
        out.writeBytes(data)
        out.writeStaticString("}}")
    }

    /// A result that is there as JSON already.
    static func result(_ method: StaticString, _ body: [UInt8], id: UInt32, to out: inout ByteBuffer) {
        out.writeReplyStart(id, method)
        out.writeBytes(body)
        out.writeStaticString("}")
    }

    /// - Parameter method: `refresh` or `sub_refresh`.
    static func refreshed(_ method: StaticString, ttlSeconds: UInt64?, id: UInt32, to out: inout ByteBuffer) {
        out.writeReplyStart(id, method)
        out.writeStaticString("{")
        if let ttlSeconds { out.writeExpiry(ttlSeconds) }
        out.writeStaticString("}}")
    }

    /// A result without members, which must be there all the same.
    static func empty(_ method: StaticString, id: UInt32, to out: inout ByteBuffer) {
        out.writeReplyStart(id, method)
        out.writeStaticString("{}}")
    }

    /// - Parameters:
    ///   - reason: what exactly went wrong, in a member that SDKs ignore.
    ///   - notRecovered: why a position can't be recovered, likewise.
    static func error(
        _ error: ReplyError, id: UInt32, reason: String? = nil, notRecovered: NotRecovered? = nil,
        to out: inout ByteBuffer
    ) {
        out.writeReplyStart(id, "error")
        out.writeStaticString("{\"code\":")
        out.writeDecimal(UInt64(error.rawValue))
        out.writeStaticString(",\"message\":\"")
        out.writeString(error.message)
        out.writeStaticString("\"")
        if error.isTemporary { out.writeStaticString(",\"temporary\":true") }
        if let reason {
            out.writeStaticString(",\"reason\":")
            out.writeJSONString(reason)
        }
        if let notRecovered {
            out.writeStaticString(",\"not_recovered\":")
            out.writeNotRecovered(notRecovered)
        }
        out.writeStaticString("}}")
    }
}

extension ByteBuffer {
    fileprivate mutating func writeReplyStart(_ id: UInt32, _ method: StaticString) {
        writeStaticString("{\"id\":")
        writeDecimal(UInt64(id))
        writeStaticString(",\"")
        writeStaticString(method)
        writeStaticString("\":")
    }

    mutating func writePublications(_ publications: [Publication]) {
        reserveCapacity(minimumWritableBytes: publications.reduce(2) { $0 + $1.encoded.count + 1 })
        writeInteger(UInt8(ascii: "["))
        for (index, publication) in publications.enumerated() {
            if index > 0 { writeInteger(UInt8(ascii: ",")) }
            writeBytes(publication.encoded)
        }
        writeInteger(UInt8(ascii: "]"))
    }

    /// `{"reason":"…","oldest":n}`.
    mutating func writeNotRecovered(_ why: NotRecovered) {
        writeStaticString("{\"reason\":\"")
        writeString(why.reason.rawValue)
        writeStaticString("\",\"oldest\":")
        writeDecimal(why.oldest)
        writeStaticString("}")
    }
}
