import JSONBytes
import Journal

/// A subscribed connection as others see it: the protocol's `ClientInfo`, in its parts.
///
/// In parts, because they are shared with the connection: a member costs no text of its own until somebody asks.
struct PresenceMember: Sendable, Equatable {
    let client: ClientID
    /// "" for an anonymous client.
    let user: String
    /// One JSON value.
    var connectionInfo: [UInt8]?
    /// One JSON value.
    var channelInfo: [UInt8]?
    /// Whether subscribers are told when the member comes and goes.
    var isTold = false

    /// Appends `{"user":…,"client":…,"conn_info":…,"chan_info":…}`; the infos are left out where there are none.
    func append(to out: inout [UInt8]) {
        out.append(UInt8(ascii: "{"))
        out.appendMember("user", string: user)
        out.appendMember("client", string: client.text)
        if let connectionInfo { out.appendMember("conn_info", json: connectionInfo) }
        if let channelInfo { out.appendMember("chan_info", json: channelInfo) }
        out[out.count - 1] = UInt8(ascii: "}")
    }

    /// The object as bytes.
    var encoded: [UInt8] {
        var out: [UInt8] = []
        // With every publication of a client: growing in steps would cost more than the text.
        out.reserveCapacity(sizeBytes + Self.namesBytes)
        append(to: &out)
        return out
    }

    /// Bytes of the names of all members of the object.
    private static let namesBytes = 48

    /// Bytes that the member takes in a message, roughly.
    var sizeBytes: Int { 48 + user.utf8.count + (connectionInfo?.count ?? 0) + (channelInfo?.count ?? 0) }
}

/// A checksum over who is in which channels, the same in whatever order they came: what two nodes compare.
struct PresenceMark: Sendable, Equatable {
    private(set) var value: UInt64 = 0
    private(set) var count: UInt64 = 0

    init() {}

    init(value: UInt64, count: UInt64) { (self.value, self.count) = (value, count) }

    mutating func add(_ member: PresenceMember, in channel: String) {
        value ^= Self.mark(of: member, in: channel)
        count &+= 1
    }

    mutating func remove(_ member: PresenceMember, in channel: String) {
        value ^= Self.mark(of: member, in: channel)
        count &-= 1
    }

    /// FNV-1a over all parts, each behind its length, then mixed so that marks of like members have nothing in common.
    private static func mark(of member: PresenceMember, in channel: String) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func combine(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        func combine(_ number: UInt64) {
            for shift in stride(from: 0, to: 64, by: 8) { combine(UInt8(truncatingIfNeeded: number >> UInt64(shift))) }
        }
        func combine(_ bytes: some Collection<UInt8>) {
            combine(UInt64(bytes.count))
            for byte in bytes { combine(byte) }
        }
        combine(channel.utf8)
        combine(member.client.high)
        combine(member.client.low)
        combine(member.user.utf8)
        combine(member.connectionInfo ?? [])
        combine(member.channelInfo ?? [])
        combine(member.isTold ? 1 as UInt8 : 0)
        hash = (hash ^ hash >> 30) &* 0xbf58_476d_1ce4_e5b9
        hash = (hash ^ hash >> 27) &* 0x94d0_49bb_1331_11eb
        return hash ^ hash >> 31
    }
}
