import Store
import Testing

@testable import Gateway

@Suite struct PlainAddressTests {
    @Test(arguments: [
        ("/ws/test-control?runId=test-123", "test-control:test-123"), ("/ws/chat", "chat"), ("/ws/chat/42", "chat:42"),
        ("/ws/chat:42", "chat:42"), ("/ws/chat%3A42", "chat:42"), ("/ws/a/b/c?room=d", "a:b:c:d"),
        ("/ws/a%2Fb", "a/b"), ("/ws/chat?x=1&room=2&chatId=3&sessionId=4&runId=5&id=6", "chat:6"),
        ("/ws/chat?room=1&room=2", "chat:1"), ("/ws/chat?token=t&envelope=0", "chat"), ("/ws/chat?id=a+b", "chat:a b"),
        ("/ws/session/abc", "session:abc"), ("/ws/a?id=x?y", "a:x?y"),
    ])
    func channel_isThePathAndTheFirstId(_ target: String, _ channel: String) throws {
        #expect(try PlainAddress(target).channel == channel)
    }

    @Test(arguments: [
        ("/ws/", PlainAddress.Fault.emptyName), ("/ws/chat/", .emptyName), ("/ws//chat", .emptyName),
        ("/ws/chat?id=", .emptyName), ("/ws/chat%", .notDecodable), ("/ws/chat%zz", .notDecodable),
        ("/ws/chat?id=%ff", .notDecodable), ("/ws/chat?%=1", .notDecodable), ("/ws/chat?envelope=yes", .envelope),
        ("/ws/chat?envelope", .envelope), ("/ws/chat?since=abc", .since), ("/ws/chat?since=e:", .since),
        ("/ws/chat?since=:1", .since), ("/ws/chat?since=e:-1", .since),
        ("/ws/chat?since=e:18446744073709551616", .since),
    ])
    func address_thatCantBeReadToTheEnd_leadsNowhere(_ target: String, _ fault: PlainAddress.Fault) {
        #expect(throws: fault) { try PlainAddress(target) }
    }

    @Test func query_withEverything_isRead() throws {
        let address = try PlainAddress("/ws/chat?id=1&envelope=1&since=ab-1.2:7&token=a.b.c&api_key=k")
        #expect(address.channel == "chat:1")
        #expect(address.isEnveloped)
        #expect(address.since == Position(epoch: "ab-1.2", offset: 7))
        #expect(address.token == "a.b.c")
        #expect(address.apiKey == "k")
    }

    /// Promise: what seed documents name keeps its path, whatever channels are called.
    @Test func surface_ofAnExactPath_winsOverThePattern() {
        #expect(SocketSurface.of(path: "/connection/websocket") == .client)
        #expect(SocketSurface.of(path: "/ws/persistent-session") == .waiting)
        for path in ["/ws/persistent-session/1", "/ws/chat", "/ws/connection/websocket"] {
            #expect(SocketSurface.of(path: path) == .plain)
        }
        for path in ["/", "/ws", "/wsx", "/api/ws/stats"] { #expect(SocketSurface.of(path: path) == nil, "\(path)") }
        #expect(Set(SocketSurface.exact.values).union([.plain]) == Set(SocketSurface.allCases))
    }
}
