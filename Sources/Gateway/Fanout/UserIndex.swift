/// Somebody on an event loop who belongs to a user.
///
/// - Isolation: the event loop of the index.
protocol UserMember: AnyObject {
    /// Carries out an operator's order, if it means this member of the user.
    func take(_ order: UserOrder)
}

/// The connections of one event loop by their user, for orders that name one.
///
/// Anonymous clients are not in it, and a user with one connection costs one entry and no list of its own.
///
/// - Isolation: one event loop.
/// - Complexity: constant for each join and each leave.
struct UserIndex {
    private enum Members {
        case one(any UserMember)
        case several([ObjectIdentifier: any UserMember])
    }

    private var users: [String: Members] = [:]

    /// Every user with a connection here.
    var names: Set<String> { Set(users.keys) }

    /// Connections that belong to a user.
    var memberCount: Int {
        users.values.reduce(0) { sum, members in
            switch members {
            case .one: sum + 1
            case .several(let members): sum + members.count
            }
        }
    }

    /// Takes a member in; nothing happens for the anonymous user.
    mutating func join(_ member: any UserMember, of user: String) {
        guard !user.isEmpty else { return }
        switch users[user] {
        case nil: users[user] = .one(member)
        case .one(let first):
            users[user] = .several([ObjectIdentifier(first): first, ObjectIdentifier(member): member])
        case .several(var members):
            // Taken out while it changes: a second owner would make every join copy the list.
            users[user] = nil
            members[ObjectIdentifier(member)] = member
            users[user] = .several(members)
        }
    }

    /// Lets a member go; one that never joined is ignored.
    mutating func leave(_ member: any UserMember, of user: String) {
        switch users[user] {
        case nil: break
        case .one(let first): if first === member { users[user] = nil }
        case .several(var members):
            users[user] = nil
            members[ObjectIdentifier(member)] = nil
            if !members.isEmpty { users[user] = .several(members) }
        }
    }

    /// The members of a user as they are now: carrying an order out changes the index.
    func members(of user: String) -> [any UserMember] {
        switch users[user] {
        case nil: []
        case .one(let member): [member]
        case .several(let members): Array(members.values)
        }
    }
}
