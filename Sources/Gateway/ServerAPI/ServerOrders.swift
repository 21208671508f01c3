import JSONBytes

/// The orders that carry more than names: subscriptions and credentials.
extension ServerCommands {
    func subscribe(_ parameters: ServerParameters) -> PreparedCommand {
        prepared(parameters) { () throws(ServerError) in
            guard !parameters.channel.isEmpty else { throw .badRequest("channel is missing") }
            switch namespaces.resolve(parameters.channel) {
            case .failure(let refusal): throw ServerError(refusal)
            case .success(let found): guard found.name.acceptsGrants else { throw .permissionDenied }
            }
            return .subscribe(
                ServerSubscription(
                    channel: parameters.channel,
                    info: try Self.json(parameters.info, base64: parameters.base64Info, "b64info"),
                    data: try Self.json(parameters.data, base64: parameters.base64Data, "b64data"),
                    overrides: try Self.overrides(parameters.overrides), expiresAt: try Self.time(parameters.expiresAt),
                    recoverSince: parameters.recoverSince))
        }
    }

    func refresh(_ parameters: ServerParameters) -> PreparedCommand {
        prepared(parameters) { () throws(ServerError) in
            .refresh(
                UserOrder.Refresh(
                    isExpired: parameters.isExpired, expiresAt: try Self.time(parameters.expiresAt),
                    info: try Self.json(parameters.info, base64: parameters.base64Info, "b64info")))
        }
    }

    private func prepared(
        _ parameters: ServerParameters, _ action: () throws(ServerError) -> UserOrder.Action
    ) -> PreparedCommand {
        do throws(ServerError) {
            let order = UserOrder(user: parameters.user, client: parameters.client, action: try action())
            return carryOut(order, parameters)
        } catch { return PreparedCommand(failing: error) }
    }

    /// JSON that is given as it is or in base64; nil when it is not given.
    private static func json(
        _ text: JSONText?, base64: String, _ member: String
    ) throws(ServerError) -> [UInt8]? {
        guard !base64.isEmpty else { return text?.bytes }
        guard let bytes = Base64Text.decodeStandard(base64) else { throw .badRequest("\(member) is not base64") }
        do throws(JSONError) { return try JSONText(validating: bytes).bytes } catch {
            throw .badRequest("\(member) holds no JSON: \(error.description)")
        }
    }

    private static func overrides(_ text: JSONText?) throws(ServerError) -> ChannelOverrides {
        guard let text else { return ChannelOverrides() }
        // Losing the error is safe: the sentence says what is accepted.
        guard let json = try? StrictJSON(text.bytes), let overrides = ChannelOverrides(json) else {
            throw .badRequest("an override is an object like {\"force_recovery\":{\"value\":true}}")
        }
        return overrides
    }

    /// Unix milliseconds; nil for never.
    private static func time(_ seconds: Int64) throws(ServerError) -> Int64? {
        guard (0...FleetLimits.timeMax / 1_000).contains(seconds) else {
            throw .badRequest("expire_at is no time in Unix seconds")
        }
        return seconds == 0 ? nil : seconds * 1_000
    }
}
