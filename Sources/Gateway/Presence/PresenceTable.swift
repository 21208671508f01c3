/// Who is in which channel, over all nodes: takes what nodes tell, and says who joined and left by it.
///
/// - Guarantee: a member is there from its join to its leave, or until its node has gone; per connection and channel a join is
///   said before the leave, and neither twice. What is older than what is known of a node changes nothing.
/// - Bounds: ``PresenceLimits/foreignMembersMax`` members of other nodes; this node's own are bounded by its connections.
struct PresenceTable: Sendable {
    /// What a message did, and what it leaves to be done.
    struct Consequence: Sendable, Equatable {
        var changes: [PresenceChange] = []
        /// The sender's table is not what is known of it: it has to be asked.
        var asks = false
    }

    private struct Place: Sendable {
        let origin: UInt64
        let member: PresenceMember
    }

    private struct Node: Sendable {
        var counter: UInt64 = 0
        var mark = PresenceMark()
    }

    /// This process; 0 on a node that is alone.
    let own: UInt64
    private var channels: [String: [ClientID: Place]] = [:]
    private var ownMark = PresenceMark()
    /// The other nodes whose whole table was heard.
    private var nodes: [UInt64: Node] = [:]
    /// Tables that are just coming, page by page.
    private var arriving: [UInt64: [PresencePage]] = [:]
    private var foreignCount = 0
    private let foreignMax: Int

    init(own: UInt64, foreignMax: Int = PresenceLimits.foreignMembersMax) {
        (self.own, self.foreignMax) = (own, foreignMax)
    }

    // What is there.

    func count(in channel: String) -> Int { channels[channel]?.count ?? 0 }

    /// In no order.
    func members(of channel: String) -> [PresenceMember] { channels[channel]?.values.map(\.member) ?? [] }

    /// Users with a name among the members; anonymous clients are none.
    func users(in channel: String) -> Int {
        var users = Set<String>()
        for place in (channels[channel] ?? [:]).values where !place.member.user.isEmpty {
            users.insert(place.member.user)
        }
        return users.count
    }

    /// Those of the others whose table was not heard yet: without it an answer would be half the truth.
    func unknown(among members: Set<UInt64>) -> Set<UInt64> { members.subtracting([own]).subtracting(nodes.keys) }

    // This node's own connections.

    /// False for a member that is there already.
    mutating func join(_ member: PresenceMember, _ channel: String) -> Bool {
        guard insert(member, channel, of: own) else { return false }
        ownMark.add(member, in: channel)
        return true
    }

    /// The member that left; nil when it wasn't there.
    mutating func leave(_ client: ClientID, _ channel: String) -> PresenceMember? {
        guard let member = remove(client, channel, of: own) else { return nil }
        ownMark.remove(member, in: channel)
        return member
    }

    /// The checksum over this node's own.
    var digest: PresenceMark { ownMark }

    /// This node's own. Goes through all channels.
    var ownEntries: [PresencePage.Entry] { entries(of: own) }

    // The others.

    /// Takes what a node that lives told; asks are for the caller.
    mutating func take(_ message: PresenceMessage, from origin: UInt64) -> Consequence {
        guard origin != own else { return Consequence() }
        switch message {
        case .delta(let counter, let changes): return take(changes, counter, from: origin)
        case .digest(let counter, let mark): return compare(counter, mark, with: origin)
        case .table(let page): return take(page, from: origin)
        case .ask: return Consequence()
        }
    }

    /// Everybody who is bound to a node that has gone leaves at once.
    mutating func look(_ members: Set<UInt64>) -> [PresenceChange] {
        for origin in arriving.keys where !members.contains(origin) { arriving[origin] = nil }
        return nodes.keys.filter { !members.contains($0) }.sorted().flatMap { forget($0) }
    }

    private mutating func take(_ changes: [PresenceChange], _ counter: UInt64, from origin: UInt64) -> Consequence {
        guard let known = nodes[origin]?.counter else { return Consequence(asks: true) }
        guard counter > known else { return Consequence() }
        nodes[origin]?.counter = counter
        // What was missed in between is asked for; what came is true all the same.
        var consequence = Consequence(asks: counter != known &+ 1)
        for change in changes {
            guard let done = apply(change, of: origin) else { continue }
            consequence.changes.append(done)
        }
        if foreignCount > foreignMax { consequence.changes += forget(origin) }
        return consequence
    }

    private mutating func apply(_ change: PresenceChange, of origin: UInt64) -> PresenceChange? {
        if change.isJoin {
            guard insert(change.member, change.channel, of: origin) else { return nil }
            nodes[origin]?.mark.add(change.member, in: change.channel)
            return change
        }
        guard let member = remove(change.member.client, change.channel, of: origin) else { return nil }
        nodes[origin]?.mark.remove(member, in: change.channel)
        return PresenceChange(channel: change.channel, member: member, isJoin: false)
    }

    /// A digest from before what is known says nothing.
    private func compare(_ counter: UInt64, _ mark: PresenceMark, with origin: UInt64) -> Consequence {
        guard let node = nodes[origin] else { return Consequence(asks: true) }
        guard counter >= node.counter else { return Consequence() }
        return Consequence(asks: counter != node.counter || mark != node.mark)
    }

    /// The last page puts the table in the place of what is known.
    private mutating func take(_ page: PresencePage, from origin: UInt64) -> Consequence {
        var pages = arriving[origin] ?? []
        if page.page == 0 { pages = [] }
        // A page was lost, or belongs to another table: the next digest asks again.
        let isNext = page.page == UInt32(clamping: pages.count) && pages.allSatisfy { $0.isOfSameTable(as: page) }
        guard isNext, page.page < page.pages, (nodes[origin]?.counter ?? 0) <= page.counter else {
            arriving[origin] = nil
            return Consequence()
        }
        pages.append(page)
        guard pages.count == Int(page.pages) else {
            arriving[origin] = pages
            return Consequence()
        }
        arriving[origin] = nil
        return Consequence(changes: replace(pages.flatMap(\.entries), page.counter, of: origin))
    }

    private mutating func replace(
        _ entries: [PresencePage.Entry], _ counter: UInt64, of origin: UInt64
    ) -> [PresenceChange] {
        let before = nodes[origin] == nil ? [] : self.entries(of: origin)
        guard foreignCount - before.count + entries.count <= foreignMax else { return forget(origin) }
        var stays: [String: [ClientID: PresenceMember]] = [:]
        for entry in entries { stays[entry.channel, default: [:]][entry.member.client] = entry.member }
        var changes: [PresenceChange] = []
        for entry in before where stays[entry.channel]?[entry.member.client] != entry.member {
            _ = remove(entry.member.client, entry.channel, of: origin)
            changes.append(PresenceChange(channel: entry.channel, member: entry.member, isJoin: false))
        }
        for entry in entries where insert(entry.member, entry.channel, of: origin) {
            changes.append(PresenceChange(channel: entry.channel, member: entry.member, isJoin: true))
        }
        var node = Node()
        node.counter = counter
        for entry in entries { node.mark.add(entry.member, in: entry.channel) }
        nodes[origin] = node
        return changes
    }

    private mutating func forget(_ origin: UInt64) -> [PresenceChange] {
        guard nodes.removeValue(forKey: origin) != nil else { return [] }
        return entries(of: origin).map { entry in
            _ = remove(entry.member.client, entry.channel, of: origin)
            return PresenceChange(channel: entry.channel, member: entry.member, isJoin: false)
        }
    }

    // The rows.

    private func entries(of origin: UInt64) -> [PresencePage.Entry] {
        channels.flatMap { channel, places in
            places.values.compactMap { place in
                place.origin == origin ? PresencePage.Entry(channel: channel, member: place.member) : nil
            }
        }
    }

    private mutating func insert(_ member: PresenceMember, _ channel: String, of origin: UInt64) -> Bool {
        guard channels[channel]?[member.client] == nil else { return false }
        channels[channel, default: [:]][member.client] = Place(origin: origin, member: member)
        if origin != own { foreignCount += 1 }
        return true
    }

    private mutating func remove(_ client: ClientID, _ channel: String, of origin: UInt64) -> PresenceMember? {
        guard let place = channels[channel]?[client], place.origin == origin else { return nil }
        channels[channel]?[client] = nil
        if channels[channel]?.isEmpty == true { channels[channel] = nil }
        if origin != own { foreignCount -= 1 }
        return place.member
    }
}

extension PresencePage {
    fileprivate func isOfSameTable(as other: PresencePage) -> Bool { counter == other.counter && pages == other.pages }
}
