import Journal
import NIOCore
import Store

extension ClientConnection {
    /// Follows a subscription whose reply was queued.
    ///
    /// - Parameters:
    ///   - wantsJoinLeave: whether the client asked to be told of others who come and go.
    ///   - terms: what the subscription has beyond its channel's options.
    func subscriptionOpened(_ channel: String, wantsJoinLeave: Bool, terms: SubscriptionTerms?) {
        // The first question, so that presence costs nothing where nobody uses it.
        guard core.presence.isOn, case .success(let found) = core.configuration.namespaces.resolve(channel) else {
            return
        }
        let options = (terms?.overrides).map { $0.presence(of: found.options) } ?? found.options
        guard options.presence.concernsSubscriptions else { return }
        let permissions = ChannelPermissions(insecure: core.configuration.insecure)
        if permissions.joinLeave(options: options, identity: identity, wants: wantsJoinLeave) {
            hub.listenToJoins(channel, for: self)
        }
        core.presence.join(
            PresenceMember(
                client: id, user: identity.user, connectionInfo: identity.info, channelInfo: terms?.info,
                isTold: options.presence.joinLeave),
            channel)
    }

    /// Follows the end of an open subscription, whatever ended it. The table has let it go already.
    func subscriptionEnded(_ channel: String, terms: SubscriptionTerms?) {
        guard core.presence.isOn else { return }
        core.presence.leave(id, channel)
    }

    /// Tells the client who came or left.
    func told(_ notice: PresenceNotice) {
        guard socket != nil else { return }
        reply { $0.writeBytes(notice.push) }
    }

    /// Answers `presence`.
    func presence(_ channel: String, id: UInt32) {
        asking(channel, id: id) { connection in
            let members = connection.core.presence.members(of: channel, atMost: PresenceLimits.clientReplyMembersMax)
            return members.flatMap { members in
                PresenceResult.members(members, bytesMax: PresenceLimits.clientReplyBytesMax)
                    .map { .success($0) } ?? .failure(.tooMany)
            }.map { ("presence", $0) }
        }
    }

    /// Answers `presence_stats`.
    func presenceStats(_ channel: String, id: UInt32) {
        asking(channel, id: id) { connection in
            connection.core.presence.stats(of: channel)
                .map { ("presence_stats", PresenceResult.stats(clients: $0.clients, users: $0.users)) }
        }
    }

    private typealias PresenceReply = Result<(method: StaticString, body: [UInt8]), Presence.Failure>

    private func asking(
        _ channel: String, id: UInt32, _ ask: @escaping @Sendable (ClientConnection) -> PresenceReply
    ) {
        guard admit(channel, .presence, id: id) != nil else { return }
        guard case .opening? = subscriptions.phase(of: channel) else { return answer(id, ask(self)) }
        // The client's own subscribe comes first: behind its answer the client is there itself.
        let address: Return<Cursor>? = address(id) { connection, _ in connection.answer(id, ask(connection)) }
        if let address { submit(.reach(.start, address)) }
    }

    private func answer(_ id: UInt32, _ result: PresenceReply) {
        switch result {
        case .success(let answer): reply { ReplyEncoder.result(answer.method, answer.body, id: id, to: &$0) }
        case .failure(.tooMany): fail(id, .limitExceeded, reason: "presence_stats counts them")
        case .failure(.unknown): fail(id, .internalError, reason: "a node has not told who is there yet")
        }
    }
}

extension ChannelOverrides {
    /// The options with the changes that concern presence.
    fileprivate func presence(of options: ChannelOptions) -> ChannelOptions {
        var options = options
        options.presence.isOn = presence ?? options.presence.isOn
        options.presence.joinLeave = joinLeave ?? options.presence.joinLeave
        options.presence.forcePushJoinLeave = forcePushJoinLeave ?? options.presence.forcePushJoinLeave
        return options
    }
}
