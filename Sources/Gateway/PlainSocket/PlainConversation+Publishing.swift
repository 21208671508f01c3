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

    /// Publishes; the sender hears of it by the publication itself, or by an error.
    private func publish(_ data: [UInt8], tags: [UInt8]?) {
        guard plan.mayPublish else { return send(PlainEncoder.error(.permissionDenied)) }
        guard let window = plan.window else {
            let message = EphemeralMessage(channel: plan.channel, data: data, info: info, tags: tags)
            submit(message.request)
            core.fleet?.send(.ephemeral(message))
            return
        }
        guard inFlight < PlainLimits.inFlightMax else { return send(PlainEncoder.error(.tooManyRequests)) }
        inFlight += 1
        var header = EntryHeader()
        (header.history, header.info, header.tags) = (window, info, tags)
        let answer: Return<WriteAnswer> = address(
            failed: { me, error in
                me.inFlight -= 1
                me.send(PlainEncoder.error(ReplyError(error), "\(error.code.rawValue): \(error.message)"))
            },
            { me, answer in
                me.inFlight -= 1
                switch answer {
                case .accepted, .duplicate: break
                case .refused(let refusal): me.send(PlainEncoder.error(ReplyError(refusal)))
                case .forbidden: me.send(PlainEncoder.error(.permissionDenied))
                }
            })
        submit(.write(Draft(channel: plan.channel, kind: .publish, header: header, body: data), .granted, answer))
    }

    /// Who publishes, as subscribers of the client protocol are shown it.
    private var info: [UInt8] {
        var info: [UInt8] = [UInt8(ascii: "{")]
        info.appendMember("user", string: plan.identity.user)
        info.appendMember("client", string: id.text)
        if let own = plan.identity.info { info.appendMember("conn_info", json: own) }
        info[info.count - 1] = UInt8(ascii: "}")
        return info
    }
}
