import TestSupport

/// A subscriber that comes back with its positions whenever its connection ends.
struct Follower: Sendable {
    let client: ProtocolClient
    let channels: [String]
    let port: Int
    let control: LoadControl
    /// Ports of other nodes: after an attempt without success, or a broken connection, the next one is taken.
    var others: [Int] = []

    /// Follows until the load stops; leaves the client connected and subscribed.
    func run() async throws {
        var node = 0
        while true {
            node = try await attach(node)
            try await eventually(within: .seconds(120), "\(client.name) loses its connection or may stop") {
                client.end != nil || hasLostChannel || control.isStopping
            }
            if let end = client.end {
                control.noteEnd(end.code)
                node += 1
            } else if !hasLostChannel {
                return
            }
        }
    }

    /// The server ended a subscription, and the connection is still there.
    private var hasLostChannel: Bool { channels.contains { !client.isSubscribed($0) } }

    /// - Returns: the node that it is attached to.
    private func attach(_ first: Int) async throws -> Int {
        let comesBack = client.socket != nil
        let ports = [port] + others
        var node = first
        try await eventually(within: .seconds(30), "\(client.name) is connected and subscribed") {
            let isDone =
                try await control.attempt {
                    if client.socket == nil || client.end != nil {
                        try await client.connect(port: ports[node % ports.count])
                    }
                    for channel in channels where !client.isSubscribed(channel) {
                        try await client.resubscribe(channel)
                    }
                    return true
                } ?? false
            if !isDone, client.socket == nil || client.end != nil { node += 1 }
            return isDone
        }
        if comesBack { control.noteReconnect() }
        return node
    }
}
