import NIOCore

/// As whom attempts of a caller are counted.
enum CallerAddress {
    /// The address of a caller, or its network; one text for all who have none.
    static func text(of address: SocketAddress?) -> String {
        guard let address = address.flatMap({ IPAddress($0) })?.subscriber else { return "local" }
        return address.isV4
            ? HexText.encode(UInt32(truncatingIfNeeded: address.low)) : HexText.encode(address.high)
    }
}
