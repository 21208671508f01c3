import Testing

@testable import Gateway

@Suite struct UserIndexTests {
    private final class Member: UserMember {
        func take(_ order: UserOrder) {}
    }

    @Test func members_whenTheyComeAndGo_areThoseOfTheirUser() {
        var index = UserIndex()
        let members = (0..<4).map { _ in Member() }
        for member in members.prefix(3) { index.join(member, of: "7") }
        index.join(members[3], of: "8")
        #expect(index.names == ["7", "8"])
        #expect(index.members(of: "7").count == 3)
        index.leave(members[0], of: "7")
        index.leave(members[0], of: "7")
        index.leave(members[3], of: "7")
        #expect(
            Set(index.members(of: "7").map { ObjectIdentifier($0) }) == Set(members[1...2].map { ObjectIdentifier($0) })
        )
        for member in members { index.leave(member, of: "7") }
        index.leave(members[3], of: "8")
        #expect(index.names.isEmpty)
        #expect(index.members(of: "7").isEmpty)
    }

    @Test func member_whenAnonymous_isNotKept() {
        var index = UserIndex()
        index.join(Member(), of: "")
        #expect(index.names.isEmpty)
        #expect(index.members(of: "").isEmpty)
    }

    @Test(arguments: [
        ("", [String](), "a", true), ("a", [], "a", true), ("b", [], "a", false), ("", ["a"], "a", false),
        ("", ["b"], "a", true), ("", [], nil, true), ("a", [], nil, false), ("", ["a"], nil, true),
    ])
    func order_meansWhoItNames(client: String, whitelist: [String], who: String?, isMeant: Bool) {
        let order = UserOrder(
            user: "7", client: client, whitelist: whitelist, action: .disconnect(code: 3_503, reason: "x"))
        #expect(order.means(who) == isMeant)
    }
}
