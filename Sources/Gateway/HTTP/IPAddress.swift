import NIOCore

/// An IPv4 or IPv6 address as one number; an IPv4 one in its mapped form, so that one host has one number.
///
/// - Source: RFC 4291 §2.5.5.2.
public struct IPAddress: Hashable, Sendable {
    let high: UInt64
    let low: UInt64

    /// What stands above the 32 bits of a mapped IPv4 address.
    private static let mapped: UInt64 = 0xFFFF
    /// Where an address stands in `sockaddr_in` and `sockaddr_in6`, behind family, port and flow.
    private static let (v4Range, v6Range) = (4..<8, 8..<24)
    /// Longest text of an address.
    private static let textBytesMax = 45

    private init(high: UInt64, low: UInt64) { (self.high, self.low) = (high, low) }

    /// The address of a socket; nil for one without.
    init?(_ address: SocketAddress) {
        let bytes = address.withSockAddr { pointer, size in Array(UnsafeRawBufferPointer(start: pointer, count: size)) }
        func number(_ range: Range<Int>) -> UInt64 { bytes[range].reduce(0) { $0 << 8 | UInt64($1) } }
        switch address {
        case .v4 where bytes.count >= Self.v4Range.upperBound:
            self.init(high: 0, low: Self.mapped << 32 | number(Self.v4Range))
        case .v6 where bytes.count >= Self.v6Range.upperBound:
            let middle = Self.v6Range.lowerBound + 8
            self.init(
                high: number(Self.v6Range.lowerBound..<middle), low: number(middle..<Self.v6Range.upperBound))
        default: return nil
        }
    }

    /// Reads `192.0.2.7` or `2001:db8::1`, without port, brackets or zone.
    init?(_ text: some StringProtocol) {
        guard let address = Self.socketAddress(text) else { return nil }
        self.init(address)
    }

    /// The same as the address of a socket, port 0.
    static func socketAddress(_ text: some StringProtocol) -> SocketAddress? {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
            case UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: "."), UInt8(ascii: ":"): true
            default: false
            }
        }
        guard isPlain, (2...textBytesMax).contains(text.utf8.count) else { return nil }
        // The error only says that it is no address.
        return try? SocketAddress(ipAddress: String(text), port: 0)
    }

    var isV4: Bool { high == 0 && low >> 32 == Self.mapped }

    /// 127.0.0.0/8 and ::1.
    var isLoopback: Bool { isV4 ? low >> 24 & 0xFF == 127 : high == 0 && low == 1 }

    /// The network of one subscriber, who may use all addresses in it: a /64; an IPv4 address is its own.
    var subscriber: IPAddress { isV4 ? self : IPAddress(high: high, low: 0) }
}

/// A run of addresses: `10.0.0.0/8`, `fd00::/8`, or a single one.
public struct AddressRange: Hashable, Sendable {
    private let base: IPAddress
    /// Leading bits that count, of 128.
    private let bits: Int

    /// Reads an address with or without `/bits`; nil for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let base = IPAddress(first) else { return nil }
        let most = base.isV4 ? 32 : 128
        var bits = most
        if parts.count > 1 {
            guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let read = Int(parts[1]), read <= most
            else { return nil }
            bits = read
        }
        (self.base, self.bits) = (base, bits + 128 - most)
    }

    func contains(_ address: IPAddress) -> Bool {
        let (high, low) = (address.high ^ base.high, address.low ^ base.low)
        return bits <= 64 ? high >> UInt64(64 - bits) == 0 : high == 0 && low >> UInt64(128 - bits) == 0
    }
}
