@testable import Gateway

extension PresenceMember {
    /// The member with a number, of the user with that name.
    static func sample(_ number: UInt64, user: String = "ann", info: String? = nil, isTold: Bool = true) -> Self {
        PresenceMember(
            client: ClientID(high: 1, low: number), user: user, connectionInfo: info.map { Array($0.utf8) },
            isTold: isTold)
    }
}

extension PresenceChange {
    static func join(_ number: UInt64, _ channel: String = "c") -> Self {
        PresenceChange(channel: channel, member: .sample(number), isJoin: true)
    }

    static func leave(_ number: UInt64, _ channel: String = "c") -> Self {
        PresenceChange(channel: channel, member: .sample(number), isJoin: false)
    }
}

extension PresencePage.Entry {
    static func sample(_ number: UInt64, _ channel: String = "c") -> Self {
        PresencePage.Entry(channel: channel, member: .sample(number))
    }
}

extension PresenceMessage {
    /// A table of one page.
    static func table(_ counter: UInt64, _ numbers: UInt64...) -> Self {
        .table(PresencePage(counter: counter, page: 0, pages: 1, entries: numbers.map { .sample($0) }))
    }
}

extension PresenceTable {
    /// The numbers of a channel's members, ascending.
    func numbers(in channel: String = "c") -> [UInt64] { members(of: channel).map(\.client.low).sorted() }
}
