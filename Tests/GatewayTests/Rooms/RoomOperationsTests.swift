import HTTPTypes
import Journal
import NIOCore
import Store
import Testing

@testable import Gateway

@Suite struct RoomOperationsTests {
    private static let hash = LinkSamples.hashText

    @Test func attempt_isCountedByAddressAndLink_andNamesNeither() async throws {
        try await RouteRig.run(.links()) { rig in
            let rooms = rig.rooms
            let tokens = [
                rooms.attempt(hash: Self.hash, address: "c0000207"),
                rooms.attempt(hash: Self.hash, address: "c0000208"),
                rooms.attempt(hash: "0a1b2c3d9144f57e88f6", address: "c0000207"), rooms.creation(address: "c0000207"),
            ].compactMap(\.header.room?.token)
            #expect(Set(tokens).count == 4)
            #expect(tokens.allSatisfy { $0.utf8.count == 32 && !$0.contains("c0000207") })
            let again = rooms.attempt(hash: Self.hash, address: "c0000207")
            #expect(again.header.room?.token == tokens.first)
            _ = try await rooms.apply(again)
        }
    }

    @Test func offer_keepsTheHashOfItsTokenOnly() async throws {
        try await RouteRig.run(.links()) { rig in
            let draft = rig.rooms.offer(hash: Self.hash, token: "a-token", values: Array("{}".utf8))
            #expect(draft.header.room?.token == RoomOperations.digest("a-token"))
            #expect(draft.header.room?.token?.contains("a-token") == false)
            #expect(draft.header.room?.life == 600_000)
            let answer = try await rig.rooms.apply(draft)
            #expect(answer.receipt == nil)
        }
    }

    @Test(arguments: [
        ("192.0.2.7", "c0000207"), ("::ffff:192.0.2.7", "c0000207"), ("2001:db8:1:2::1", "20010db800010002"),
        ("2001:db8:1:2:ffff::9", "20010db800010002"), ("2001:db8:1:3::1", "20010db800010003"),
    ])
    func address_isThatOfOneSubscriber(address: String, text: String) throws {
        #expect(CallerAddress.text(of: try SocketAddress(ipAddress: address, port: 1)) == text)
        #expect(CallerAddress.text(of: nil) == "local")
    }

    @Test(arguments: [
        (Refusal.notFound, 404, "room-not-found"), (.exists, 409, "room-exists"), (.busy, 503, "too-many-rooms"),
        (.full, 503, "room-full"), (.notDue, 409, "nobody-to-admit"), (.limited, 429, "too-many-attempts"),
        (.live, 409, "room-live"),
    ])
    func refusals_ofRooms_haveTheirOwnWords(refusal: Refusal, status: Int, code: String) {
        let problem = Problem(room: refusal)
        #expect(problem.status.code == status)
        #expect(problem.code == code)
        #expect(problem.detail?.contains("session") == false)
    }
}
