import Journal
import NIOCore
import Store

extension ClientConnection {
    /// Publishes what a client sent.
    func publish(_ channel: String, _ data: [UInt8]?, id: UInt32) {
        guard let (options, _) = admit(channel, .publish, id: id) else { return }
        guard let data else { return fail(id, .badRequest) }
        guard options.hasHistory else {
            let message = EphemeralMessage(channel: channel, data: data, info: clientInfo(in: channel))
            submit(message.request)
            core.fleet?.send(.ephemeral(message))
            return reply { ReplyEncoder.empty("publish", id: id, to: &$0) }
        }
        var header = EntryHeader()
        header.history = HistoryWindow(size: UInt32(clamping: options.historySize), ttl: options.historyTTLMilliseconds)
        header.info = clientInfo(in: channel)
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

    /// `{"user":…,"client":…,"conn_info":…,"chan_info":…}`, shown with everything that this client publishes.
    func clientInfo(in channel: String) -> [UInt8] {
        PresenceMember(
            client: id, user: identity.user, connectionInfo: identity.info,
            channelInfo: subscriptions.terms(of: channel)?.info
        ).encoded
    }
}
