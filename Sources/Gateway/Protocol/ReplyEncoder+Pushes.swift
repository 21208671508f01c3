import NIOCore
import Store

extension ReplyEncoder {
    /// The push that ends a subscription; with a code from 2500 on the SDK subscribes again and recovers.
    static func unsubscribed(_ channel: String, code: UInt64, reason: StaticString, to out: inout ByteBuffer) {
        out.writeStaticString("{\"push\":{\"channel\":")
        out.writeJSONString(channel)
        out.writeStaticString(",\"unsubscribe\":{\"code\":")
        out.writeDecimal(code)
        out.writeStaticString(",\"reason\":\"")
        out.writeStaticString(reason)
        out.writeStaticString("\"}}}")
    }

    /// The push that tells of a subscription which the server made while the client is connected.
    static func subscribedPush(_ channel: String, _ subscribed: Subscribed, to out: inout ByteBuffer) {
        out.writeStaticString("{\"push\":{\"channel\":")
        out.writeJSONString(channel)
        out.writeStaticString(",\"subscribe\":{")
        var members = MemberList()
        if subscribed.isRecoverable { members.flag("recoverable", to: &out) }
        if subscribed.isPositioned {
            members.flag("positioned", to: &out)
            members.string("epoch", subscribed.answer.position.epoch, to: &out)
            if subscribed.firstOffset > 0 { members.number("offset", subscribed.firstOffset, to: &out) }
        }
        if let data = subscribed.data { members.json("data", data, to: &out) }
        out.writeStaticString("}}}")
    }

    /// The push that tells of new ends of the credentials; nil for never.
    static func refreshedPush(ttlSeconds: UInt64?, to out: inout ByteBuffer) {
        out.writeStaticString("{\"push\":{\"refresh\":{")
        if let ttlSeconds { out.writeExpiry(ttlSeconds) }
        out.writeStaticString("}}}")
    }
}

extension ReplyEncoder.Subscribed {
    /// The offset behind which the client goes on: SDKs advance by what they consume, so that of a recovery is the one that
    /// the client came with.
    var firstOffset: UInt64 {
        if case .recovered = answer.recovery, let asked { asked.offset } else { answer.position.offset }
    }
}

extension ByteBuffer {
    /// Writes `"expires":true,"ttl":n`.
    mutating func writeExpiry(_ ttlSeconds: UInt64) {
        writeStaticString("\"expires\":true,\"ttl\":")
        writeDecimal(ttlSeconds)
    }

    /// Writes the object that describes a subscription.
    mutating func write(_ reply: ReplyEncoder.Subscribed) {
        writeStaticString("{")
        var members = MemberList()
        if let ttl = reply.ttlSeconds {
            members.flag("expires", to: &self)
            members.number("ttl", ttl, to: &self)
        }
        if reply.isRecoverable { members.flag("recoverable", to: &self) }
        if reply.isPositioned {
            members.flag("positioned", to: &self)
            members.string("epoch", reply.answer.position.epoch, to: &self)
        }
        if reply.asked != nil { members.flag("was_recovering", to: &self) }
        switch reply.answer.recovery {
        case .none: break
        case .recovered(let publications):
            members.flag("recovered", to: &self)
            if !publications.isEmpty {
                members.name("publications", to: &self)
                writePublications(publications)
            }
        case .notRecovered(let why):
            members.name("not_recovered", to: &self)
            writeNotRecovered(why)
        }
        if reply.isPositioned, reply.firstOffset > 0 { members.number("offset", reply.firstOffset, to: &self) }
        if let data = reply.data { members.json("data", data, to: &self) }
        writeStaticString("}")
    }
}
