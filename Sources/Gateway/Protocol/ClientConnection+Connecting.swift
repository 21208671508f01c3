import NIOCore
import Store

extension ClientConnection {
    /// Answers a connect.
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
}
