import Synchronization

/// What a subscribe reply said.
package struct Subscription: Sendable, Hashable {
    /// The position that the reply gives: of the request when recovered, else the top.
    package let position: StreamPosition
    package let wasRecovering: Bool
    package let isRecovered: Bool
    /// How many missed publications came with the reply.
    package let missedCount: Int
    /// Why recovery was not possible: `epoch`, `trimmed`, `limit` or `ahead`.
    package let notRecoveredReason: String?
    package let result: JSONValue
}

extension ProtocolClient {
    /// Subscribes to a channel, from now on or from a position.
    /// - Parameter flag: bit 1 (2) asks for error 112 instead of a reply that is not recovered.
    @discardableResult
    package func subscribe(
        _ channel: String,
        recover position: StreamPosition? = nil,
        flag: Int = 0
    ) async throws -> Subscription {
        var parameters: [String: JSONValue] = ["channel": .string(channel)]
        if let position {
            parameters["recover"] = true
            parameters["epoch"] = .string(position.epoch)
            parameters["offset"] = .int(position.offset)
        }
        if flag != 0 { parameters["flag"] = .int(flag) }
        let result = try await call("subscribe", .object(parameters))
        return Subscription(
            position: StreamPosition(epoch: result["epoch"]?.string ?? "", offset: result["offset"]?.int ?? 0),
            wasRecovering: result["was_recovering"]?.bool ?? false,
            isRecovered: result["recovered"]?.bool ?? false,
            missedCount: result["publications"]?.array?.count ?? 0,
            notRecoveredReason: result["not_recovered"]?["reason"]?.string,
            result: result
        )
    }

    /// Subscribes again from the position that this client has seen last.
    @discardableResult
    package func resubscribe(_ channel: String) async throws -> Subscription {
        try await subscribe(channel, recover: position(channel))
    }

    /// Ends a subscription.
    package func unsubscribe(_ channel: String) async throws {
        _ = try await call("unsubscribe", ["channel": .string(channel)])
    }

    /// Publishes, and returns when the server acknowledged it.
    package func publish(_ channel: String, _ data: JSONValue) async throws {
        _ = try await call("publish", ["channel": .string(channel), "data": data])
    }

    /// Reads a channel's history.
    /// - Parameter limit: −1 for everything, 0 for the top only.
    package func history(
        _ channel: String,
        limit: Int = -1,
        since: StreamPosition? = nil,
        reverse: Bool = false
    ) async throws -> JSONValue {
        var parameters: [String: JSONValue] = ["channel": .string(channel), "limit": .int(limit)]
        if let since { parameters["since"] = ["epoch": .string(since.epoch), "offset": .int(since.offset)] }
        if reverse { parameters["reverse"] = true }
        return try await call("history", .object(parameters))
    }

    /// Calls a method of the server, and returns the `data` of its result.
    package func rpc(_ method: String, _ data: JSONValue) async throws -> JSONValue {
        try await call("rpc", ["method": .string(method), "data": data])["data"] ?? .null
    }

    /// What this client has seen last of a channel.
    package func position(_ channel: String) -> StreamPosition? { state.withLock { $0.positions[channel] } }

    /// True while the channel is subscribed on the newest connection.
    package func isSubscribed(_ channel: String) -> Bool { state.withLock { $0.subscribed.contains(channel) } }

    /// Every publication seen on a channel, in the order of arrival.
    package func publications(_ channel: String) -> [SeenPublication] {
        state.withLock { $0.publications.filter { $0.channel == channel } }
    }

    /// Every push, as it came.
    package var pushes: [JSONValue] { state.withLock { $0.pushes } }

    /// What came in and was no JSON.
    package var strangeFrames: [String] { state.withLock { $0.strangeFrames } }

    /// How many pings came.
    package var pingCount: Int { state.withLock { $0.pingCount } }

    /// Waits until the channel was seen up to an offset.
    package func waitForOffset(_ offset: Int, of channel: String, within limit: Duration = .seconds(10)) async throws {
        try await eventually(within: limit, "\(name) sees offset \(offset) of \(channel)") {
            (position(channel)?.offset ?? -1) >= offset
        }
    }
}
