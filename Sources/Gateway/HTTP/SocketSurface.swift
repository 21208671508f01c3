/// What is spoken over a WebSocket, by the path that it was opened at.
///
/// - Guarantee: the exact paths go before the pattern, so that no channel's name can take one of them over.
enum SocketSurface: String, CaseIterable {
    /// The client protocol.
    case client
    /// A waiting room.
    case waiting
    /// A channel without a protocol around it.
    case plain

    /// Paths that are a surface's own.
    static let exact: [String: SocketSurface] = [
        ClientUpgrades.path: .client, ClientUpgrades.waitingPath: .waiting,
    ]

    /// The surface of a path without its query; nil for a path of the router.
    static func of(path: some StringProtocol) -> SocketSurface? {
        exact[String(path)] ?? (path.hasPrefix(PlainAddress.prefix) ? .plain : nil)
    }
}
