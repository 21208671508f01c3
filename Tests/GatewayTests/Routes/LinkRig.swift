import HTTPTypes
import Store
import Testing

@testable import Gateway

/// A link as the browser of its teacher has it.
struct RigLink: Sendable {
    let hash: String
    let url: String
    /// The `Cookie` field of the teacher's browser.
    let cookie: String
    let made: RouteRig.Reply

    static let code = "teach-1234"
    static let activity = "raffle"
    static let path = PersistentSessionRoutes.path

    var teacher: [String: String] { ["Cookie": cookie] }
    var path: String { "\(Self.path)/\(hash)" }
    var room: String { "\(WaitingRoomRoutes.path)/\(hash)" }
}

extension GatewayConfiguration {
    /// Nothing is open, and links outlive the process.
    static func links(activities: Set<String>? = nil, isSecure: Bool = false) -> Self {
        var configuration = production()
        configuration.links = LinkSettings(
            secrets: LinkSamples.secrets, activities: activities, secureCookies: isSecure)
        return configuration
    }
}

extension RouteRig.Reply {
    /// The text of a member.
    func text(_ name: String) -> String { member(name)?.filter { $0 != "\"" } ?? "" }
    /// Seconds that the caller is told to wait; 0 for none.
    var retryAfter: Int { field("retry-after").flatMap { Int($0) } ?? 0 }
    /// What a browser sends back of the cookie that was set.
    var cookie: String { field("set-cookie")?.split(separator: ";").first.map(String.init) ?? "" }
}

extension RouteRig {
    func makeLink(_ members: String = "", from address: String? = nil) async throws -> RigLink {
        let body = #"{"activityName":"\#(RigLink.activity)","teacherCode":"\#(RigLink.code)"\#(members)}"#
        let made = try await send(.post, RigLink.path + "/create", body, from: address)
        #expect(made.status == 200, "\(made.text)")
        return RigLink(hash: made.text("hash"), url: made.text("url"), cookie: made.cookie, made: made)
    }

    /// Gives a code for a link.
    func authenticate(
        _ hash: String, code: String = RigLink.code, members: String = "", from address: String? = nil
    ) async throws -> Reply {
        let body = #"{"activityName":"\#(RigLink.activity)","hash":"\#(hash)","teacherCode":"\#(code)"\#(members)}"#
        return try await send(.post, RigLink.path + "/authenticate", body, from: address)
    }

    var rooms: RoomOperations {
        RoomOperations(engine: core.engine, settings: core.configuration.links, terms: core.terms)
    }

    func room(_ hash: String) async throws -> WaitingRoom? { try await rooms.read(hash) }

    /// The ids of all sessions.
    func sessions() async throws -> [String] {
        let listed = try await send(.get, "/api/sessions", "", Self.key)
        return listed.text.split(separator: "\"id\":\"").dropFirst().map { String($0.prefix { $0 != "\"" }) }
    }
}
