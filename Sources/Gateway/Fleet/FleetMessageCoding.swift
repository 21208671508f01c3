import JSONBytes

/// Lane messages as bytes: the format's version, the kind, then the kind's fields.
///
/// - Guarantee: whatever comes is a message that may be carried out, unknown, or malformed; never a trap. Payloads and
///   names are checked as if a client had sent them.
/// - Bounds: ``FleetLimits``.
enum FleetMessageCoding {
    /// What bytes from the lane are.
    enum Decoded: Sendable, Equatable {
        case message(FleetMessage)
        /// Of a newer node: a version or kind that this one doesn't know.
        case unknown
        case malformed
    }

    static let version: UInt8 = 1

    private enum Kind: UInt8 {
        case ephemeral = 1
        case disconnect = 2
        case unsubscribe = 3
        case channelsQuestion = 4
        case infoQuestion = 5
        case channelsAnswer = 6
        case infoAnswer = 7
        case subscribe = 20
        case refresh = 21
        case presenceDelta = 8
        case presenceDigest = 9
        case presenceTable = 10
        case presenceAsk = 11
    }

    /// The bytes of a message; nil for one that is longer than any may be.
    static func encode(_ message: FleetMessage) -> [UInt8]? {
        var out = FleetBytesWriter(version: version, kind: kind(of: message).rawValue)
        switch message {
        case .ephemeral(let message):
            out.append(message.channel)
            out.append(message.data)
            out.append(message.info)
            out.append(message.tags)
        case .order(let order): append(order, to: &out)
        case .question(let question):
            out.append(question.id)
            if case .channels(let pattern) = question.subject { out.append(pattern) }
        case .answer(let page): append(page, to: &out)
        case .presence(let message): PresenceMessageCoding.append(message, to: &out)
        }
        return out.bytes.count <= FleetLimits.messageBytesMax ? out.bytes : nil
    }

    private static func kind(of message: FleetMessage) -> Kind {
        switch message {
        case .ephemeral: .ephemeral
        case .order(let order):
            switch order.action {
            case .disconnect: .disconnect
            case .unsubscribe: .unsubscribe
            case .subscribe: .subscribe
            case .refresh: .refresh
            }
        case .question(let question): question.subject == .info ? .infoQuestion : .channelsQuestion
        case .answer(let page): if case .info = page.content { .infoAnswer } else { .channelsAnswer }
        case .presence(.delta): .presenceDelta
        case .presence(.digest): .presenceDigest
        case .presence(.table): .presenceTable
        case .presence(.ask): .presenceAsk
        }
    }

    private static func append(_ order: UserOrder, to out: inout FleetBytesWriter) {
        out.append(order.user)
        out.append(order.client)
        out.append(UInt32(clamping: order.whitelist.count))
        for client in order.whitelist { out.append(client) }
        switch order.action {
        case .disconnect(let code, let reason):
            out.append(code)
            out.append(reason)
        case .unsubscribe(let channel): out.append(channel)
        case .subscribe(let subscription): out.append(subscription)
        case .refresh(let refresh): out.append(refresh)
        }
    }

    private static func append(_ page: SurveyPage, to out: inout FleetBytesWriter) {
        out.append(page.id)
        out.append(page.page)
        out.append(page.pages)
        switch page.content {
        case .channels(let counts):
            out.append(UInt32(clamping: counts.count))
            for (name, count) in counts.sorted(by: { $0.key < $1.key }) {
                out.append(name)
                out.append(UInt32(clamping: count))
            }
        case .info(let info):
            for text in [info.uid, info.name, info.version] { out.append(text) }
            for figure in [info.clients, info.users, info.subscriptions, info.channels, info.uptime, info.resident] {
                out.append(UInt64(clamping: figure))
            }
        }
    }

    /// What the bytes of another node are.
    static func decode(_ bytes: [UInt8]) -> Decoded {
        guard bytes.count >= 2, bytes.count <= FleetLimits.messageBytesMax else { return .malformed }
        guard bytes[0] == version, let kind = Kind(rawValue: bytes[1]) else { return .unknown }
        var reader = FleetBytesReader(bytes.dropFirst(2))
        do throws(FleetBytesReader.Malformed) {
            let message = try message(kind, &reader)
            return reader.isAtEnd ? .message(message) : .malformed
        } catch { return .malformed }
    }

    private static func message(
        _ kind: Kind, _ reader: inout FleetBytesReader
    ) throws(FleetBytesReader.Malformed) -> FleetMessage {
        switch kind {
        case .ephemeral: .ephemeral(try ephemeral(&reader))
        case .disconnect, .unsubscribe, .subscribe, .refresh: .order(try order(kind, &reader))
        case .channelsQuestion:
            .question(SurveyQuestion(id: try reader.number(), subject: .channels(pattern: try pattern(&reader))))
        case .infoQuestion: .question(SurveyQuestion(id: try reader.number(), subject: .info))
        case .channelsAnswer, .infoAnswer: .answer(try page(kind, &reader))
        case .presenceDelta: .presence(try PresenceMessageCoding.delta(&reader))
        case .presenceDigest: .presence(try PresenceMessageCoding.digest(&reader))
        case .presenceTable: .presence(try PresenceMessageCoding.table(&reader))
        case .presenceAsk: .presence(.ask(try reader.number()))
        }
    }

    private static func ephemeral(
        _ reader: inout FleetBytesReader
    ) throws(FleetBytesReader.Malformed) -> EphemeralMessage {
        let channel = try channel(&reader)
        guard let data = try reader.json(objectOnly: false) else { throw FleetBytesReader.Malformed() }
        return EphemeralMessage(
            channel: channel, data: data, info: try reader.json(objectOnly: true),
            tags: try reader.json(objectOnly: true))
    }

    static func channel(_ reader: inout FleetBytesReader) throws(FleetBytesReader.Malformed) -> String {
        let text = try reader.text(atMost: ChannelName.maximumBytes)
        guard ChannelName(text) != nil else { throw FleetBytesReader.Malformed() }
        return text
    }

    private static func pattern(_ reader: inout FleetBytesReader) throws(FleetBytesReader.Malformed) -> String {
        let pattern = try reader.text(atMost: ChannelGlob.patternBytesMax)
        guard pattern.isEmpty || ChannelGlob(pattern) != nil else { throw FleetBytesReader.Malformed() }
        return pattern
    }

    private static func order(
        _ kind: Kind, _ reader: inout FleetBytesReader
    ) throws(FleetBytesReader.Malformed) -> UserOrder {
        let user = try reader.text(atMost: FleetLimits.nameBytesMax)
        let client = try reader.text(atMost: FleetLimits.nameBytesMax)
        let count: UInt32 = try reader.number()
        guard count <= FleetLimits.whitelistMax else { throw FleetBytesReader.Malformed() }
        var whitelist: [String] = []
        for _ in 0..<count { whitelist.append(try reader.text(atMost: FleetLimits.nameBytesMax)) }
        let action: UserOrder.Action =
            switch kind {
            case .disconnect:
                .disconnect(code: try reader.number(), reason: try reader.text(atMost: FleetLimits.reasonBytesMax))
            case .subscribe: .subscribe(try reader.subscription())
            case .refresh: .refresh(try reader.refresh())
            default: .unsubscribe(channel: try reader.text(atMost: ChannelName.maximumBytes))
            }
        let order = UserOrder(user: user, client: client, whitelist: whitelist, action: action)
        guard order.fault == nil else { throw FleetBytesReader.Malformed() }
        return order
    }

    private static func page(
        _ kind: Kind, _ reader: inout FleetBytesReader
    ) throws(FleetBytesReader.Malformed) -> SurveyPage {
        let (id, page, pages): (UInt64, UInt32, UInt32) = (
            try reader.number(), try reader.number(), try reader.number()
        )
        guard page < pages, pages <= FleetLimits.pagesMax else { throw FleetBytesReader.Malformed() }
        let content: SurveyPage.Content =
            kind == .infoAnswer ? .info(try info(&reader)) : .channels(try counts(&reader))
        return SurveyPage(id: id, page: page, pages: pages, content: content)
    }

    private static func counts(_ reader: inout FleetBytesReader) throws(FleetBytesReader.Malformed) -> [String: Int] {
        let count: UInt32 = try reader.number()
        guard count <= FleetLimits.pageChannelsMax else { throw FleetBytesReader.Malformed() }
        var counts: [String: Int] = [:]
        for _ in 0..<count {
            let name = try channel(&reader)
            counts[name] = Int(try reader.number(UInt32.self))
        }
        return counts
    }

    private static func info(_ reader: inout FleetBytesReader) throws(FleetBytesReader.Malformed) -> NodeInfo {
        let max = FleetLimits.nameBytesMax
        let (uid, name, version) = (
            try reader.text(atMost: max), try reader.text(atMost: max), try reader.text(atMost: max)
        )
        var figures: [Int] = []
        for _ in 0..<6 { figures.append(Int(clamping: try reader.number(UInt64.self))) }
        return NodeInfo(
            uid: uid, name: name, version: version, clients: figures[0], users: figures[1], subscriptions: figures[2],
            channels: figures[3], uptime: figures[4], resident: figures[5])
    }
}
