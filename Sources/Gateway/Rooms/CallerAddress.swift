import NIOCore

/// As whom attempts of a caller are counted.
enum CallerAddress {
    /// Where an address stands in `sockaddr_in` and `sockaddr_in6`, behind family, port and flow.
    private static let (v4Range, v6Range) = (4..<8, 8..<24)
    /// Bytes of an IPv6 address that name the network of one subscriber, who may use all addresses in it.
    private static let networkBytes = 8
    /// What an IPv4 address looks like as an IPv6 one, RFC 4291 §2.5.5.2.
    private static let mappedPrefix: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]

    /// The address of a socket's peer, or its network; one text for all whose socket has none.
    static func text(of address: SocketAddress?) -> String {
        let bytes = address?.withSockAddr { pointer, size in Array(UnsafeRawBufferPointer(start: pointer, count: size))
        }
        guard let address, let bytes else { return "local" }
        switch address {
        case .v4: return HexText.encode(bytes.prefix(v4Range.upperBound).dropFirst(v4Range.lowerBound))
        case .v6: return text(ofV6: bytes.prefix(v6Range.upperBound).dropFirst(v6Range.lowerBound))
        case .unixDomainSocket: return "local"
        }
    }

    private static func text(ofV6 bytes: ArraySlice<UInt8>) -> String {
        bytes.starts(with: mappedPrefix)
            ? HexText.encode(bytes.dropFirst(mappedPrefix.count)) : HexText.encode(bytes.prefix(networkBytes))
    }
}
