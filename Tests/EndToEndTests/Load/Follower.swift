import TestSupport

/// A subscriber that comes back with its positions whenever its connection ends.
struct Follower: Sendable {
    let client: ProtocolClient
    let channels: [String]
    let port: Int
    let control: LoadControl

    /// Follows until the load stops; leaves the client connected and subscribed.
    func run() async throws {
        while true {
            try await attach()
            try await eventually(within: .seconds(120), "\(client.name) loses its connection or may stop") {
                client.end != nil || control.isStopping
            }
            guard let end = client.end else { return }
            control.noteEnd(end.code)
        }
    }

    private func attach() async throws {
        let comesBack = client.socket != nil
        try await eventually(within: .seconds(30), "\(client.name) is connected and subscribed") {
            try await unlessDisconnected {
                try await client.connect(port: port)
                for channel in channels { try await client.resubscribe(channel) }
                return true
            } ?? false
        }
        if comesBack { control.noteReconnect() }
    }
}
