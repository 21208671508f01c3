import HTTPTypes
import Store
import Testing

@testable import Gateway

/// Row S6: an id that a client brings is never taken over, wherever it says it.
@Suite struct SessionFixationTests {
    private static let id = "00112233445566778899aabbccddeeff"

    private func type(_ method: HTTPRequest.Method) -> String {
        method == .patch ? "application/merge-patch+json" : "application/json"
    }

    struct Attempt: Sendable {
        var path = "/api/sessions"
        var body = "{}"
        var fields: [String: String] = [:]
        var status = 201
    }

    @Test(arguments: [
        Attempt(body: #"{"id":"\#(id)"}"#, status: 400), Attempt(path: "/api/sessions?id=\(id)"),
        Attempt(path: "/api/sessions?session=\(id)"), Attempt(fields: ["Cookie": "session=\(id); session_id=\(id)"]),
        Attempt(fields: ["X-Session-Id": id]), Attempt(fields: ["Location": "/api/sessions/\(id)"]),
        Attempt(fields: ["Idempotency-Key": id]), Attempt(path: "/api/sessions/\(id)", status: 404),
    ])
    func session_whenTheClientBringsAnID_hasAnotherOrIsNone(attempt: Attempt) async throws {
        try await RouteRig.run { rig in
            let reply = try await rig.send(.post, attempt.path, attempt.body, attempt.fields)
            #expect(reply.status == attempt.status)
            #expect(!reply.text.contains(Self.id) && reply.field("location")?.contains(Self.id) != true)
            #expect(reply.field("set-cookie") == nil)
            for method in [HTTPRequest.Method.get, .put, .patch, .delete] {
                let body = method == .put || method == .patch ? "{}" : ""
                let one = try await rig.send(method, "/api/sessions/\(Self.id)", body, ["Content-Type": type(method)])
                #expect(one.status == 404, "\(method)")
            }
        }
    }
}
