import Store

/// The commands that say who is there.
extension ServerCommands {
    func presence(_ parameters: ServerParameters) -> PreparedCommand {
        asking(parameters.channel) { presence, channel in
            presence.members(of: channel, atMost: PresenceLimits.serverReplyMembersMax)
                .mapError { ServerError($0) }
                .flatMap { members in
                    PresenceResult.members(members, bytesMax: PresenceLimits.serverReplyBytesMax)
                        .map { .success($0) } ?? .failure(ServerError(.tooMany))
                }
        }
    }

    func presenceStats(_ parameters: ServerParameters) -> PreparedCommand {
        asking(parameters.channel) { presence, channel in
            presence.stats(of: channel).mapError { ServerError($0) }
                .map { PresenceResult.stats(clients: $0.clients, users: $0.users) }
        }
    }

    /// Asks once it is the command's turn, so that what came before it in a batch has happened.
    private func asking(
        _ channel: String, _ ask: @escaping @Sendable (Presence, String) -> ServerResult
    ) -> PreparedCommand {
        switch namespaces.resolve(channel) {
        case .failure(let refusal): return PreparedCommand(failing: ServerError(refusal))
        case .success(let found):
            guard found.options.presence.isOn else { return PreparedCommand(failing: .notAvailable) }
            let presence = fleet.core.presence
            return PreparedCommand([]) { _ in ask(presence, found.name.text) }
        }
    }
}

extension ServerError {
    /// Why presence can't be told.
    init(_ failure: Presence.Failure) {
        switch failure {
        case .tooMany:
            self.init(
                code: 106, message: "limit exceeded: the channel has too many members; presence_stats counts them")
        case .unknown(let nodes):
            let names = nodes.sorted().map { String($0, radix: 16) }.joined(separator: ", ")
            self.init(
                code: 100, message: "unavailable: node \(names) has not told who is there yet; try again",
                isTemporary: true)
        }
    }
}
