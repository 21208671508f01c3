/// What an operator orders for the connections of one user, on every node.
///
/// - Bounds: ``FleetLimits``.
struct UserOrder: Sendable, Equatable {
    enum Action: Sendable, Equatable {
        case disconnect(code: UInt16, reason: String)
        /// Ends the subscription of a channel; "" is every channel.
        case unsubscribe(channel: String)
        /// Subscribes whoever is not subscribed yet.
        case subscribe(ServerSubscription)
        case refresh(Refresh)
    }

    /// New credentials, or their end.
    struct Refresh: Sendable, Equatable {
        /// The credentials are over now.
        var isExpired = false
        /// When they end; nil is never. Units: Unix milliseconds.
        var expiresAt: Int64?
        /// JSON shown to others from now on; nil leaves it as it is.
        var info: [UInt8]?
    }

    /// Never empty: anonymous clients can't be meant.
    let user: String
    /// The one client that is meant; "" for all of the user's.
    var client = ""
    /// Clients that are spared.
    var whitelist: [String] = []
    let action: Action

    /// The push that ends a subscription for good; SDKs don't subscribe again.
    static let unsubscribeCode: UInt64 = 2_000
    static let unsubscribeReason: StaticString = "server unsubscribe"
    /// Codes that SDKs take for a disconnect by the server.
    static let disconnectCodes: ClosedRange<UInt16> = 3_000...4_999

    /// Whether a client is meant. A stream has no client id: it is meant unless one client is named.
    func means(_ client: String?) -> Bool {
        guard let client else { return self.client.isEmpty }
        return (self.client.isEmpty || self.client == client) && !whitelist.contains(client)
    }

    /// Says what is wrong with an order; nil when it can be carried out.
    var fault: String? {
        let names = [user, client] + whitelist
        guard !user.isEmpty else { return "user is missing" }
        guard names.allSatisfy({ $0.utf8.count <= FleetLimits.nameBytesMax }) else {
            return "user and client ids have at most \(FleetLimits.nameBytesMax) bytes"
        }
        guard whitelist.count <= FleetLimits.whitelistMax else {
            return "a whitelist names at most \(FleetLimits.whitelistMax) clients"
        }
        switch action {
        case .unsubscribe(let channel):
            return channel.isEmpty || ChannelName(channel) != nil
                ? nil : "a channel has 1 to \(ChannelName.maximumBytes) printable characters"
        case .subscribe(let subscription):
            return ChannelName(subscription.channel)?.acceptsGrants == true
                ? nil : "a channel has 1 to \(ChannelName.maximumBytes) printable characters, and is none of presence:"
        case .refresh: return nil
        case .disconnect(let code, let reason):
            guard Self.disconnectCodes.contains(code) else {
                return
                    "a disconnect code is from \(Self.disconnectCodes.lowerBound) to \(Self.disconnectCodes.upperBound)"
            }
            return Self.isReason(reason)
                ? nil : "a reason has at most \(FleetLimits.reasonBytesMax) printable bytes and is no JSON"
        }
    }

    /// Printable, short enough for a close frame, and nothing that an old SDK reads as JSON.
    private static func isReason(_ reason: String) -> Bool {
        guard reason.utf8.count <= FleetLimits.reasonBytesMax,
            !reason.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
        else { return false }
        // Every JSON text begins with one of these once spaces are gone, and so do few words.
        let first = reason.first { $0 != " " }
        return !["{", "[", "\"", "-"].contains(first) && first?.isNumber != true
            && !["true", "false", "null"].contains(reason.filter { $0 != " " })
    }
}
