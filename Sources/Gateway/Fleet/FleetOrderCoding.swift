import JSONBytes
import Store

/// The fields of orders that carry more than names.
extension FleetBytesWriter {
    mutating func append(_ subscription: ServerSubscription) {
        append(subscription.channel)
        append(subscription.info)
        append(subscription.data)
        append(subscription.overrides.bits)
        append(subscription.expiresAt ?? 0)
        // An epoch is never empty where there is a position that matters, but the offset may be 0.
        append(UInt8(subscription.recoverSince == nil ? 0 : 1))
        append(subscription.recoverSince?.epoch ?? "")
        append(subscription.recoverSince?.offset ?? 0)
    }

    mutating func append(_ refresh: UserOrder.Refresh) {
        append(UInt8(refresh.isExpired ? 1 : 0))
        append(refresh.expiresAt ?? 0)
        append(refresh.info)
    }
}

extension FleetBytesReader {
    /// Containers that a node puts around what a client sent.
    private static let depthMax = JSONLimits.depthMax + 8
    /// Bytes of an epoch.
    private static let epochBytesMax = 64

    /// One JSON text without line breaks; nil for an empty field.
    mutating func json(objectOnly: Bool) throws(Malformed) -> [UInt8]? {
        let bytes = try bytes(atMost: FleetLimits.messageBytesMax)
        guard !bytes.isEmpty else { return nil }
        let text: JSONText
        do throws(JSONError) { text = try JSONText(validating: bytes, depthMax: Self.depthMax) } catch {
            throw Malformed()
        }
        guard !objectOnly || text.isObject else { throw Malformed() }
        return text.bytes
    }

    mutating func subscription() throws(Malformed) -> ServerSubscription {
        let channel = try text(atMost: ChannelName.maximumBytes)
        let (info, data) = (try json(objectOnly: false), try json(objectOnly: false))
        guard let overrides = ChannelOverrides(bits: try number()) else { throw Malformed() }
        let expiresAt = try time()
        let hasPosition = try flag()
        let position = Position(epoch: try text(atMost: Self.epochBytesMax), offset: try number())
        guard hasPosition || position == Position(epoch: "", offset: 0) else { throw Malformed() }
        return ServerSubscription(
            channel: channel, info: info, data: data, overrides: overrides, expiresAt: expiresAt,
            recoverSince: hasPosition ? position : nil)
    }

    mutating func refresh() throws(Malformed) -> UserOrder.Refresh {
        UserOrder.Refresh(isExpired: try flag(), expiresAt: try time(), info: try json(objectOnly: false))
    }

    private mutating func flag() throws(Malformed) -> Bool {
        switch try number(UInt8.self) {
        case 0: false
        case 1: true
        default: throw Malformed()
        }
    }

    /// A time after 1970, no later than any that the server API takes; 0 is none.
    private mutating func time() throws(Malformed) -> Int64? {
        let time: Int64 = try number()
        guard (0...FleetLimits.timeMax).contains(time) else { throw Malformed() }
        return time == 0 ? nil : time
    }
}

extension ChannelOverrides {
    private var members: [Bool?] { [presence, joinLeave, forceRecovery, forcePositioning, forcePushJoinLeave] }

    /// Two bits for each member: whether it is there, and what it says.
    var bits: UInt16 {
        members.enumerated().reduce(0) { bits, member in
            guard let value = member.element else { return bits }
            return bits | (value ? 3 : 1) << UInt16(member.offset * 2)
        }
    }

    /// Nil for bits that no overrides have.
    init?(bits: UInt16) {
        self.init()
        func member(_ index: UInt16) -> Bool? { bits >> (index * 2) & 1 == 0 ? nil : bits >> (index * 2) & 2 != 0 }
        (presence, joinLeave, forceRecovery) = (member(0), member(1), member(2))
        (forcePositioning, forcePushJoinLeave) = (member(3), member(4))
        guard self.bits == bits else { return nil }
    }
}
