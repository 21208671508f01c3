import Store

/// Presence messages as bytes, inside of what ``FleetMessageCoding`` frames; infos are checked as if a client had sent them.
enum PresenceMessageCoding {
    typealias Malformed = FleetBytesReader.Malformed

    /// Bits that say what follows of a member.
    private enum Part {
        static let join: UInt8 = 1
        static let connectionInfo: UInt8 = 2
        static let channelInfo: UInt8 = 4
        static let isTold: UInt8 = 8
    }

    static func append(_ message: PresenceMessage, to out: inout FleetBytesWriter) {
        switch message {
        case .delta(let counter, let changes):
            out.append(counter)
            out.append(UInt32(clamping: changes.count))
            for change in changes {
                out.append(change.channel)
                append(change.member, isJoin: change.isJoin, to: &out)
            }
        case .digest(let counter, let mark):
            out.append(counter)
            out.append(mark.value)
            out.append(mark.count)
        case .table(let page):
            out.append(page.counter)
            out.append(page.page)
            out.append(page.pages)
            out.append(UInt32(clamping: page.entries.count))
            for entry in page.entries {
                out.append(entry.channel)
                append(entry.member, isJoin: true, to: &out)
            }
        case .ask(let origin): out.append(origin)
        }
    }

    /// Of who leaves nothing is told but the client: everybody knows the rest.
    private static func append(_ member: PresenceMember, isJoin: Bool, to out: inout FleetBytesWriter) {
        var parts: UInt8 = 0
        if isJoin { parts |= Part.join }
        if isJoin, member.connectionInfo != nil { parts |= Part.connectionInfo }
        if isJoin, member.channelInfo != nil { parts |= Part.channelInfo }
        if isJoin, member.isTold { parts |= Part.isTold }
        out.append(parts)
        out.append(member.client.high)
        out.append(member.client.low)
        guard isJoin else { return }
        out.append(member.user)
        if let info = member.connectionInfo { out.append(info) }
        if let info = member.channelInfo { out.append(info) }
    }

    static func delta(_ reader: inout FleetBytesReader) throws(Malformed) -> PresenceMessage {
        let (counter, count): (UInt64, UInt32) = (try reader.number(), try reader.number())
        guard count <= PresenceLimits.deltaChangesMax else { throw Malformed() }
        var changes: [PresenceChange] = []
        for _ in 0..<count {
            let channel = try FleetMessageCoding.channel(&reader)
            let (member, isJoin) = try member(&reader)
            changes.append(PresenceChange(channel: channel, member: member, isJoin: isJoin))
        }
        return .delta(counter: counter, changes)
    }

    static func digest(_ reader: inout FleetBytesReader) throws(Malformed) -> PresenceMessage {
        let counter: UInt64 = try reader.number()
        return .digest(counter: counter, PresenceMark(value: try reader.number(), count: try reader.number()))
    }

    static func table(_ reader: inout FleetBytesReader) throws(Malformed) -> PresenceMessage {
        let (counter, page, pages): (UInt64, UInt32, UInt32) = (
            try reader.number(), try reader.number(), try reader.number()
        )
        let count: UInt32 = try reader.number()
        guard page < pages, pages <= PresenceLimits.pagesMax, count <= PresenceLimits.pageMembersMax else {
            throw Malformed()
        }
        var entries: [PresencePage.Entry] = []
        for _ in 0..<count {
            let channel = try FleetMessageCoding.channel(&reader)
            let (member, isJoin) = try member(&reader)
            guard isJoin else { throw Malformed() }
            entries.append(PresencePage.Entry(channel: channel, member: member))
        }
        return .table(PresencePage(counter: counter, page: page, pages: pages, entries: entries))
    }

    private static func member(_ reader: inout FleetBytesReader) throws(Malformed) -> (PresenceMember, isJoin: Bool) {
        let parts: UInt8 = try reader.number()
        guard parts <= Part.join | Part.connectionInfo | Part.channelInfo | Part.isTold else { throw Malformed() }
        let client = ClientID(high: try reader.number(), low: try reader.number())
        guard parts & Part.join != 0 else {
            guard parts == 0 else { throw Malformed() }
            return (PresenceMember(client: client, user: ""), false)
        }
        var member = PresenceMember(client: client, user: try reader.text(atMost: FleetLimits.messageBytesMax))
        member.isTold = parts & Part.isTold != 0
        if parts & Part.connectionInfo != 0 { member.connectionInfo = try info(&reader) }
        if parts & Part.channelInfo != 0 { member.channelInfo = try info(&reader) }
        return (member, true)
    }

    private static func info(_ reader: inout FleetBytesReader) throws(Malformed) -> [UInt8] {
        guard let info = try reader.json(objectOnly: false) else { throw Malformed() }
        return info
    }
}
