import NIOCore

/// Who is believed about the address of a caller.
///
/// Every proxy appends the address that it saw to `X-Forwarded-For`: what stands left of that is the caller's own text.
/// So addresses are taken from the right, as far as trust reaches and no further.
///
/// - Guarantee: without a trusted proxy nothing that a caller sends changes its address. `Forwarded` (RFC 7239) and other
///   fields are never read.
/// - Bounds: ``hopsMax`` proxies; the fields are bounded by the header.
public enum TrustedProxies: Equatable, Sendable {
    /// The socket's peer is the caller.
    case none
    /// So many proxies stand in front of the node, and nobody can come around them.
    case hops(Int)
    /// Proxies are known by their addresses; whoever else connects is a caller.
    case networks([AddressRange])

    /// The field in which proxies note who asked them.
    public static let field = "X-Forwarded-For"
    /// Proxies in a row that are believed.
    public static let hopsMax = 32

    /// Finds the caller behind a socket's peer.
    ///
    /// - Parameter forwarded: all fields `X-Forwarded-For`, in the order in which they came.
    public func caller(forwarded: @autoclosure () -> [String], peer: SocketAddress?) -> SocketAddress? {
        guard self != .none, var caller = peer else { return peer }
        var hops = 0
        for field in forwarded().reversed() {
            for part in field.split(separator: ",").reversed() {
                // What can't be read ends the trust: the last known address is the proxy's that passed it on.
                guard hops < Self.hopsMax, trusts(caller, hops: hops), let next = Self.address(part) else {
                    return caller
                }
                caller = next
                hops += 1
            }
        }
        return caller
    }

    private func trusts(_ address: SocketAddress, hops: Int) -> Bool {
        switch self {
        case .none: return false
        case .hops(let count): return hops < count
        case .networks(let ranges):
            guard let address = IPAddress(address) else { return false }
            return ranges.contains { $0.contains(address) }
        }
    }

    /// Reads `192.0.2.7`, `192.0.2.7:4711`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:4711`.
    private static func address(_ text: Substring) -> SocketAddress? {
        let text = text.drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" }
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]"), isPort(text[text.index(after: end)...]) else { return nil }
            return IPAddress.socketAddress(text[text.index(after: text.startIndex)..<end])
        }
        let colons = text.utf8.count { $0 == UInt8(ascii: ":") }
        guard colons == 1, let colon = text.firstIndex(of: ":") else { return IPAddress.socketAddress(text) }
        return isPort(text[colon...]) ? IPAddress.socketAddress(text[..<colon]) : nil
    }

    /// Nothing, or a colon and digits.
    private static func isPort(_ text: Substring) -> Bool {
        text.isEmpty
            || text.first == ":" && (2...6).contains(text.utf8.count)
                && text.utf8.dropFirst().allSatisfy { (0x30...0x39).contains($0) }
    }
}
