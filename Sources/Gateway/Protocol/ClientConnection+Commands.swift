import Store

extension ClientConnection {
    /// Carries out a command of a connected client.
    func run(_ command: Command) {
        let id = command.id
        switch command.method {
        case .subscribe(let subscribe): self.subscribe(subscribe, id: id)
        case .unsubscribe(let channel): unsubscribe(channel, id: id)
        case .publish(let channel, let data): publish(channel, data, id: id)
        case .history(let history): self.history(history, id: id)
        case .rpc(let method, let data): rpc(method, data, id: id)
        case .refresh(let token): refresh(token, id: id)
        case .presence(let channel): presence(channel, id: id)
        case .presenceStats(let channel): presenceStats(channel, id: id)
        case .subRefresh(let channel, let token): subRefresh(channel, token, id: id)
        // Pings by the client are not offered: 108 says so.
        case .ping: fail(id, .notAvailable)
        case .connect, .pong, .send, .unknown: break
        }
    }

    /// Finds a channel's options, and who asks for the session behind it; answers the command when it may not go on.
    func admit(
        _ channel: String, _ operation: ChannelPermissions.Operation, id: UInt32
    ) -> (options: ChannelOptions, access: SessionAccess)? {
        guard !channel.isEmpty else {
            close(.badRequest)
            return nil
        }
        switch core.configuration.namespaces.resolve(channel) {
        case .failure(let refusal): fail(id, ReplyError(refusal))
        case .success(let found):
            let verdict = ChannelPermissions(insecure: core.configuration.insecure).decide(
                operation, on: found.name, options: found.options, identity: identity,
                isSubscribed: subscriptions.isWanted(channel))
            switch verdict {
            case .allow: return (found.options, .granted)
            case .deny(let refusal): fail(id, ReplyError(refusal))
            case .askOwner(.session):
                if let session = found.name.reservedID {
                    return (found.options, sessionAccess(String(session), need: .read))
                }
                fail(id, .badRequest)
            // The engine knows whether there is such a link; whoever knows its name may look on.
            case .askOwner(.waiting): return (found.options, .granted)
            case .askOwner: fail(id, .unknownChannel)
            }
        }
        return nil
    }

    /// Who this client is to a session: granted by its token or the configuration, or its owner if the engine finds so.
    func sessionAccess(_ session: String, need: SessionPermission.Need) -> SessionAccess {
        core.configuration.insecure ? .granted : SessionAccess(identity, session: session, need: need)
    }

    private func history(_ command: HistoryCommand, id: UInt32) {
        guard let (_, access) = admit(command.channel, .history, id: id) else { return }
        let address: Return<HistoryAnswer>? = address(id) { connection, answer in
            switch answer.failure {
            case nil: connection.reply { ReplyEncoder.history(answer, id: id, to: &$0) }
            case .unrecoverable: connection.fail(id, .unrecoverablePosition)
            case .badRequest: connection.fail(id, .badRequest)
            case .denied: connection.fail(id, .permissionDenied)
            }
        }
        guard let address else { return }
        submit(
            .history(
                channel: command.channel, command.filter, limitMax: ClientLimits.historyPublicationsMax, access, address
            ))
    }
}
