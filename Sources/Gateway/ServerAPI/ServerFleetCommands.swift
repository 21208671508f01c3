import JSONBytes
import Store

/// The commands that act on all nodes, or ask them.
extension ServerCommands {
    func channels(_ parameters: ServerParameters) -> PreparedCommand {
        var glob: ChannelGlob?
        if !parameters.pattern.isEmpty {
            glob = ChannelGlob(parameters.pattern)
            if glob == nil { return PreparedCommand(failing: .badRequest("the pattern can't be read")) }
        }
        let (fleet, pattern) = (fleet, parameters.pattern)
        return PreparedCommand(acting: { [glob] in
            await Self.result { () async throws(ServerError) in
                let counts = try await fleet.channels(pattern, glob)
                var out: [UInt8] = Array("{\"channels\":{".utf8)
                for (index, (name, count)) in counts.sorted(by: { $0.key < $1.key }).enumerated() {
                    if index > 0 { out.append(UInt8(ascii: ",")) }
                    out.appendJSONString(name)
                    out.appendASCII(":{\"num_clients\":")
                    out.appendDecimal(count)
                    out.append(UInt8(ascii: "}"))
                }
                out.appendASCII("}}")
                return out
            }
        })
    }

    func info() -> PreparedCommand {
        let fleet = fleet
        return PreparedCommand(acting: {
            await Self.result { () async throws(ServerError) in
                var out: [UInt8] = Array("{\"nodes\":[".utf8)
                for (index, node) in try await fleet.nodes().enumerated() {
                    if index > 0 { out.append(UInt8(ascii: ",")) }
                    node.append(to: &out)
                }
                out.appendASCII("]}")
                return out
            }
        })
    }

    func disconnect(_ parameters: ServerParameters) -> PreparedCommand {
        let usual = Disconnect.forced
        let asked =
            parameters.disconnect ?? DisconnectParameters(code: UInt64(usual.rawValue), reason: usual.reason)
        return carryOut(
            UserOrder(
                user: parameters.user, client: parameters.client, whitelist: parameters.whitelist,
                action: .disconnect(code: UInt16(clamping: asked.code), reason: asked.reason)),
            parameters)
    }

    func unsubscribe(_ parameters: ServerParameters) -> PreparedCommand {
        carryOut(
            UserOrder(
                user: parameters.user, client: parameters.client, action: .unsubscribe(channel: parameters.channel)),
            parameters)
    }

    /// Has an order carried out on every node.
    func carryOut(_ order: UserOrder, _ parameters: ServerParameters) -> PreparedCommand {
        // No connection has such a session: leaving it out would end all connections of the user instead of none.
        guard parameters.session.isEmpty else { return PreparedCommand(failing: .notAvailable) }
        if let fault = order.fault { return PreparedCommand(failing: .badRequest(fault)) }
        let fleet = fleet
        return PreparedCommand(acting: {
            await Self.result { () async throws(ServerError) in
                try await fleet.carryOut(order)
                return Array("{}".utf8)
            }
        })
    }

    private static func result(_ body: () async throws(ServerError) -> [UInt8]) async -> ServerResult {
        do throws(ServerError) { return .success(try await body()) } catch { return .failure(error) }
    }
}
