import JSONBytes
import Journal
import NIOCore
import Store

extension PlainConversation {
    func received(text: ByteBuffer) {
        switch PlainMessage(text) {
        case .ping: send(PlainEncoder.pong)
        case .json(let json): publish(json.bytes, tags: nil)
        case .text(let text): publish(text, tags: PlainMessage.textTags)
        }
    }

    /// Answers a message with an error.
    private func refuse(_ error: ReplyError, _ reason: String? = nil) {
        hub.tally.failed(Int(error.rawValue), on: .plain)
        send(PlainEncoder.error(error, reason))
    }

    /// Publishes; the sender hears of it by the publication itself, or by an error.
    private func publish(_ data: [UInt8], tags: [UInt8]?) {
        guard plan.mayPublish else { return refuse(.permissionDenied) }
        guard let window = plan.window else {
            let message = EphemeralMessage(channel: plan.channel, data: data, info: info, tags: tags)
            submit(message.request)
            core.fleet?.send(.ephemeral(message))
            return
        }
        guard inFlight < PlainLimits.inFlightMax else { return refuse(.tooManyRequests) }
        inFlight += 1
        var header = EntryHeader()
        (header.history, header.info, header.tags) = (window, info, tags)
        let answer: Return<WriteAnswer> = address(
            failed: { me, error in
                me.inFlight -= 1
                me.refuse(ReplyError(error), "\(error.code.rawValue): \(error.message)")
            },
            { me, answer in
                me.inFlight -= 1
                switch answer {
                case .accepted, .duplicate: break
                case .refused(let refusal): me.refuse(ReplyError(refusal))
                case .forbidden: me.refuse(.permissionDenied)
                }
            })
        submit(.write(Draft(channel: plan.channel, kind: .publish, header: header, body: data), .granted, answer))
    }

    /// Who publishes, as subscribers of the client protocol are shown it.
    private var info: [UInt8] {
        PresenceMember(client: id, user: plan.identity.user, connectionInfo: plan.identity.info).encoded
    }
}
