import NIOCore
import Store

extension ClientConnection {
    /// Answers a connect, at once or when the engine has made its subscriptions.
    func connect(_ command: ConnectCommand, id: UInt32) {
        let configuration = core.configuration
        if command.token.isEmpty {
            guard configuration.insecure || configuration.allowAnonymous else { return close(.badRequest) }
        } else {
            switch configuration.tokens.verify(command.token, now: core.engine.now) {
            case .valid(let identity):
                guard !identity.user.isEmpty || configuration.allowAnonymousTokens else {
                    return close(.permissionDenied)
                }
                self.identity = identity
            case .expired: return refuse(id, .tokenExpired)
            case .invalid: return close(.invalidToken)
            }
        }
        if secondsLeft(until: connectionExpiry(of: identity)) == 0 { return refuse(id, .expired) }
        let decision = ConnectDecision(
            namespaces: configuration.namespaces, permissions: ChannelPermissions(insecure: configuration.insecure),
            personalChannel: configuration.personalChannel)
        switch decision.decide(identity, wishes: command.wishes) {
        case .close(let disconnect): close(disconnect)
        case .refuse(let error): refuse(id, error)
        case .subscribe(let plans) where plans.isEmpty:
            hub.users.join(self, of: identity.user)
            connected(id, [])
        case .subscribe(let plans):
            // Orders that come from now on mean this connection, and wait until it is one.
            hub.users.join(self, of: identity.user)
            begin(ConnectInProgress(id: id, plans: plans))
        }
    }

    private func refuse(_ id: UInt32, _ error: ReplyError, reason: String? = nil) {
        machine.connectAnswered(accepted: false)
        fail(id, error, reason: reason)
    }

    private func connected(_ id: UInt32, _ opened: [(plan: SubscriptionPlan, answer: SubscribeAnswer)]) {
        machine.connectAnswered(accepted: true)
        let heartbeat = seat.heartbeat.value
        heartbeat.join(self)
        heartbeat.watch(self)
        let reply = ReplyEncoder.Connected(
            client: self.id.text, pingSeconds: heartbeat.intervalSeconds,
            ttlSeconds: secondsLeft(until: connectionExpiry(of: identity)),
            subscriptions: opened.map { ($0.plan.channel, subscribed($0.plan, $0.answer)) })
        self.reply { ReplyEncoder.connected(reply, id: id, to: &$0) }
        if core.configuration.personalChannel?.isSingle == true { endOlderConnections() }
    }

    /// Ends the user's other connections, on every node.
    private func endOlderConnections() {
        guard !identity.user.isEmpty, machine.state == .connected else { return }
        let limit = Disconnect.connectionLimit
        let order = UserOrder(
            user: identity.user, whitelist: [id.text], action: .disconnect(code: limit.rawValue, reason: limit.reason))
        guard order.fault == nil else { return }
        for seat in core.seats { seat.eventLoop.execute { seat.carryOut(order) } }
        core.fleet?.send(.order(order))
    }

    // A connect with subscriptions.

    private func begin(_ connecting: ConnectInProgress) {
        machine.connectBegan()
        self.connecting = connecting
        let (engine, loop) = (core.engine, seat.number)
        for (index, plan) in connecting.plans.enumerated() {
            subscriptions.set(.opening(waiting: []), for: plan.channel, terms: plan.terms)
            let channel = plan.channel
            let address: Return<SubscribeAnswer> = returning(
                orElse: { answer in
                    if answer.isSubscribed { engine.submit(.unsubscribe(channel: channel, loop: loop)) }
                },
                { connection, result in connection.subscriptionAnswered(index, result) })
            submit(.subscribe(plan.request(loop: loop), address))
        }
    }

    private func subscriptionAnswered(_ index: Int, _ result: Result<SubscribeAnswer, EngineError>) {
        guard let connecting, connecting.plans.indices.contains(index) else { return }
        let plan = connecting.plans[index]
        switch result {
        case .success(let answer) where answer.isSubscribed:
            let subscription = hub.open(plan.channel, at: answer.position, for: self)
            subscriptions.set(.open(subscription), for: plan.channel)
            connecting.opened(index, answer)
        case .success:
            subscriptions.set(nil, for: plan.channel)
            connecting.missed(plan.isRequired ? .init(error: .permissionDenied) : nil)
        case .failure(let error):
            subscriptions.set(nil, for: plan.channel)
            connecting.missed(.init(error: ReplyError(error), reason: "\(error.code.rawValue): \(error.message)"))
        }
        if connecting.isComplete { finish(connecting) }
    }

    private func finish(_ connecting: ConnectInProgress) {
        // Whoever was closed meanwhile was told of nothing.
        guard machine.state != .closed else { return }
        self.connecting = nil
        if let failure = connecting.failure {
            for channel in subscriptions.channels { letGo(channel) }
            hub.users.leave(self, of: identity.user)
            refuse(connecting.id, failure.error, reason: failure.reason)
        } else {
            let opened = connecting.subscriptions
            connected(connecting.id, opened)
            writeReplies()
            if connecting.held.readableBytes > 0 { write(connecting.held) }
            for (plan, _) in opened {
                subscriptionOpened(plan.channel, wantsJoinLeave: plan.wantsJoinLeave, terms: plan.terms)
            }
        }
        for item in connecting.postponed {
            switch item {
            case .command(let command): carryOut(.command(command.method, id: command.id), command)
            case .order(let order): take(order)
            }
        }
    }

    /// Keeps something until the connect in progress is answered; ends a connection that asks too much.
    func postpone(_ item: ConnectInProgress.Postponed) {
        if connecting?.postpone(item) == false { close(.tooManyRequests) }
    }
}
