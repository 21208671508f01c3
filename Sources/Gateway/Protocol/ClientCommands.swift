import Journal
import NIOCore
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
        // Presence, pings by the client and subscription tokens are not offered: 108 says so.
        case .presence, .ping, .subRefresh: fail(id, .notAvailable)
        case .connect, .pong, .send, .unknown: break
        }
    }

    func connect(_ command: ConnectCommand, id: UInt32) {
        let configuration = core.configuration
        if command.token.isEmpty {
            guard configuration.insecure || configuration.allowAnonymous else { return close(.badRequest) }
        } else {
            switch configuration.tokens.verify(command.token, now: core.engine.now) {
            case .valid(let identity): self.identity = identity
            case .expired: return refuse(id, .tokenExpired)
            case .invalid: return close(.invalidToken)
            }
        }
        let ttl = secondsLeft(of: identity)
        if let ttl, ttl == 0 { return refuse(id, .expired) }
        machine.connectAnswered(accepted: true)
        let heartbeat = seat.heartbeat.value
        heartbeat.join(self)
        heartbeat.watch(self)
        hub.users.join(self, of: identity.user)
        let reply = ReplyEncoder.Connected(
            client: self.id.text, pingSeconds: heartbeat.intervalSeconds, ttlSeconds: ttl)
        self.reply { ReplyEncoder.connected(reply, id: id, to: &$0) }
    }

    private func refuse(_ id: UInt32, _ error: ReplyError) {
        machine.connectAnswered(accepted: false)
        fail(id, error)
    }

    /// Seconds until the credentials end; nil when they don't, or when nobody asks for any.
    private func secondsLeft(of identity: Identity) -> UInt64? {
        guard !core.configuration.insecure, let expiresAt = identity.expiresAt else { return nil }
        return UInt64(clamping: (expiresAt - core.engine.now) / 1_000)
    }

    private func refresh(_ token: String, id: UInt32) {
        guard !token.isEmpty else { return close(.badRequest) }
        switch core.configuration.tokens.verify(token, now: core.engine.now) {
        case .valid(let renewed) where renewed.user == identity.user:
            let ttl = secondsLeft(of: renewed)
            if let ttl, ttl == 0 { return fail(id, .expired) }
            identity = renewed
            seat.heartbeat.value.watch(self)
            reply { ReplyEncoder.refreshed(ttlSeconds: ttl, id: id, to: &$0) }
        // Any final reply error would end the SDK for good; this close lets it come back with a new token.
        case .expired: close(.connectionExpired)
        case .valid, .invalid: close(.invalidToken)
        }
    }

    /// Finds a channel's options, and who asks for the session behind it; answers the command when it may not go on.
    private func admit(
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

    private func subscribe(_ command: SubscribeCommand, id: UInt32) {
        guard command.delta.isEmpty || command.delta == "fossil" else { return close(.badRequest) }
        guard !command.asksForMore else { return fail(id, .badRequest) }
        guard let (options, access) = admit(command.channel, .subscribe, id: id) else { return }
        guard !subscriptions.isWanted(command.channel) else { return fail(id, .alreadySubscribed) }
        guard !waits(.subscribe(command, id: id), on: command.channel, id: id) else { return }
        guard subscriptions.count < ClientLimits.subscriptionsMax else { return fail(id, .limitExceeded) }
        let granted = ChannelPermissions(insecure: core.configuration.insecure).position(
            options: options, identity: identity, wantsPositioned: command.wantsPositioned,
            wantsRecoverable: command.wantsRecoverable || command.recover)
        let asked = command.recover ? command.position : nil
        let request = SubscribeRequest(
            channel: command.channel, loop: seat.number, recover: granted.recoverable ? asked : nil,
            limit: ClientLimits.recoveryPublicationsMax, access: access, onlyIfRecovered: command.onlyIfRecovered)
        let (engine, loop, channel) = (core.engine, seat.number, command.channel)
        let address: Return<SubscribeAnswer>? = address(
            id,
            orElse: { answer in
                if answer.isSubscribed { engine.submit(.unsubscribe(channel: channel, loop: loop)) }
            },
            failed: { connection in connection.subscribeEnded(nil, on: channel) },
            { connection, answer in
                connection.subscribeAnswered(
                    channel, id: id,
                    ReplyEncoder.Subscribed(
                        isRecoverable: granted.recoverable, isPositioned: granted.positioned, asked: asked,
                        answer: answer))
            })
        guard let address else { return }
        subscriptions.set(.opening(waiting: []), for: channel)
        submit(.subscribe(request, address))
    }

    private func subscribeAnswered(_ channel: String, id: UInt32, _ reply: ReplyEncoder.Subscribed) {
        let answer = reply.answer
        guard !answer.isSubscribed else {
            self.reply { ReplyEncoder.subscribed(reply, id: id, to: &$0) }
            return subscribeEnded(hub.open(channel, at: answer.position, for: self), on: channel)
        }
        if case .notRecovered(let why) = answer.recovery {
            fail(id, .unrecoverablePosition, notRecovered: why)
        } else {
            fail(id, .permissionDenied)
        }
        subscribeEnded(nil, on: channel)
    }

    /// Notes what became of a subscribe, then carries out what waited for it.
    private func subscribeEnded(_ subscription: Subscription?, on channel: String) {
        guard case .opening(let waiting)? = subscriptions.phase(of: channel) else { return }
        subscriptions.set(subscription.map { .open($0) }, for: channel)
        for (index, command) in waiting.enumerated() {
            switch command {
            case .unsubscribe(let id): unsubscribe(channel, id: id)
            case .orderedEnd: endByOrder(channel)
            case .subscribe(let command, let id):
                subscribe(command, id: id)
                guard case .opening? = subscriptions.phase(of: channel) else { continue }
                return subscriptions.set(.opening(waiting: Array(waiting[(index + 1)...])), for: channel)
            }
        }
    }

    /// Puts a command behind the subscribe of its channel that the engine has yet to answer; false when there is none.
    private func waits(_ command: SubscriptionTable.Waiting, on channel: String, id: UInt32) -> Bool {
        guard case .opening(let waiting)? = subscriptions.phase(of: channel) else { return false }
        if waiting.count < ClientLimits.waitingPerChannelMax {
            subscriptions.set(.opening(waiting: waiting + [command]), for: channel)
        } else {
            fail(id, .tooManyRequests)
        }
        return true
    }

    private func unsubscribe(_ channel: String, id: UInt32) {
        guard !channel.isEmpty else { return close(.badRequest) }
        guard !waits(.unsubscribe(id: id), on: channel, id: id) else { return }
        endSubscription(channel)
        reply { ReplyEncoder.empty("unsubscribe", id: id, to: &$0) }
    }

    /// Ends a subscription that an operator wants ended, behind its subscribe if the engine has yet to answer that.
    func endByOrder(_ channel: String) {
        switch subscriptions.phase(of: channel) {
        case .opening(let waiting)?:
            // It must not be lost to the bound of what clients ask, and a second one in a row adds nothing.
            guard waiting.last != .orderedEnd else { return }
            subscriptions.set(.opening(waiting: waiting + [.orderedEnd]), for: channel)
        case .open?:
            endSubscription(channel)
            reply {
                ReplyEncoder.unsubscribed(
                    channel, code: UserOrder.unsubscribeCode, reason: UserOrder.unsubscribeReason, to: &$0)
            }
            hub.flushLater(self)
        case nil: break
        }
    }

    private func endSubscription(_ channel: String) {
        guard case .open(let subscription)? = subscriptions.phase(of: channel) else { return }
        hub.close(subscription)
        subscriptions.set(nil, for: channel)
        core.engine.submit(.unsubscribe(channel: channel, loop: seat.number))
    }

    private func publish(_ channel: String, _ data: [UInt8]?, id: UInt32) {
        guard let (options, _) = admit(channel, .publish, id: id) else { return }
        guard let data else { return fail(id, .badRequest) }
        guard options.hasHistory else {
            let message = EphemeralMessage(channel: channel, data: data, info: clientInfo)
            submit(message.request)
            core.fleet?.send(.ephemeral(message))
            return reply { ReplyEncoder.empty("publish", id: id, to: &$0) }
        }
        var header = EntryHeader()
        header.history = HistoryWindow(size: UInt32(clamping: options.historySize), ttl: options.historyTTLMilliseconds)
        header.info = clientInfo
        let address: Return<WriteAnswer>? = address(id) { connection, answer in
            switch answer {
            case .accepted, .duplicate: connection.reply { ReplyEncoder.empty("publish", id: id, to: &$0) }
            case .refused(let refusal): connection.fail(id, .badRequest, reason: refusal.rawValue)
            case .forbidden: connection.fail(id, .permissionDenied)
            }
        }
        guard let address else { return }
        submit(.write(Draft(channel: channel, kind: .publish, header: header, body: data), .granted, address))
    }

    /// `{"user":…,"client":…,"conn_info":…}`, shown with everything that this client publishes.
    private var clientInfo: [UInt8] {
        var info: [UInt8] = [UInt8(ascii: "{")]
        info.appendMember("user", string: identity.user)
        info.appendMember("client", string: id.text)
        if let connectionInfo = identity.info { info.appendMember("conn_info", json: connectionInfo) }
        info[info.count - 1] = UInt8(ascii: "}")
        return info
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
