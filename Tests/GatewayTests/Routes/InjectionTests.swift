import Foundation
import HTTPTypes
import TestSupport
import Testing

@testable import Gateway

/// Row S16: whatever is said in names, keys and data is kept as it is or refused; it never becomes a part of a statement, of
/// a command or of a header.
@Suite struct InjectionTests {
    /// Sends a request and looks at what came back in the header.
    private func send(
        _ rig: RouteRig, _ method: HTTPRequest.Method, _ path: String, _ body: JSONValue? = nil
    ) async throws -> (status: Int, json: JSONValue?) {
        let reply = try await rig.send(method, path, body?.text ?? "")
        for field in reply.headers {
            #expect(!field.value.contains { $0.isNewline || $0 == "\0" }, "\(field)")
            #expect(field.name.canonicalName != "set-cookie" && field.name.canonicalName != "x-injected")
            #expect(!field.value.lowercased().contains("injected"), "\(field)")
        }
        // Losing the error is safe: the caller asks whether there is JSON.
        return (reply.status, try? JSONValue(parsing: reply.text))
    }

    @Test func texts_inPublications_areKeptOrRefused() async throws {
        try await RouteRig.run { rig in
            for (index, text) in HostileTexts.all.enumerated() {
                let hostile = JSONValue.string(text)
                let named = try await send(rig, .post, "/api/publish", ["channel": hostile, "data": hostile])
                let isName = text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
                #expect(named.status == 200)
                #expect(named.json?["error"]?["code"] == (isName ? nil : 107), "\(text.debugDescription)")
                let plain = try await send(rig, .post, "/api/publish", ["channel": "a", "data": hostile])
                #expect(plain.json?["result"]?["offset"] == .int(index + 1), "\(text.debugDescription)")
                let keyed: JSONValue = ["channel": "keyed", "data": hostile, "idempotency_key": hostile]
                let first = try await send(rig, .post, "/api/publish", keyed)
                #expect(first.json?["result"] != nil || first.json?["error"]?["code"] == 107)
                #expect(try await send(rig, .post, "/api/publish", keyed).json == first.json)
                for method in ["disconnect", "unsubscribe"] {
                    let order = try await send(rig, .post, "/api/\(method)", ["user": hostile])
                    #expect(order.json == ["result": [:]], "\(method) \(text.debugDescription)")
                }
            }
            let history = try await send(rig, .post, "/api/history", ["channel": "a", "limit": -1])
            let kept = history.json?["result"]?["publications"]?.array?.compactMap { $0["data"]?.string }
            #expect(kept == HostileTexts.all)
        }
    }

    @Test func texts_inSessions_areKeptOrRefused() async throws {
        try await RouteRig.run { rig in
            for text in HostileTexts.all {
                let document = JSONValue.object([text: .string(text)])
                let made = try await send(rig, .post, "/api/sessions", ["owner": .string(text), "document": document])
                #expect(made.status == 201 || made.status == 400, "\(text.debugDescription)")
                let typed = try await send(rig, .post, "/api/sessions", ["type": .string(text), "document": document])
                #expect(typed.status == 201 || typed.status == 400, "\(text.debugDescription)")
                let plain = try await send(rig, .post, "/api/sessions", ["document": document])
                for answer in [made, typed, plain] where answer.status == 201 {
                    let id = answer.json?["id"]?.string ?? ""
                    let read = try await send(rig, .get, "/api/sessions/\(id)").json
                    #expect(read?["document"] == document)
                    #expect(read?["owner"] == answer.json?["owner"] && read?["type"] == answer.json?["type"])
                }
                #expect(plain.status == 201)
                if made.status == 201 { #expect(made.json?["owner"] == .string(text)) }
            }
        }
    }

    @Test func texts_inPaths_leadNowhereAndAreNotReflected() async throws {
        try await RouteRig.run { rig in
            for text in HostileTexts.all {
                let escaped = try #require(text.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
                for path in ["/api/sessions/", "/api/waiting-rooms/", "/api/persistent-session/", "/"] {
                    let answer = try await send(rig, .get, path + escaped)
                    #expect((400...404).contains(answer.status), "\(path)\(escaped): \(answer.status)")
                }
            }
            #expect(try await send(rig, .post, "/api/publish", ["channel": "a", "data": 1]).status == 200)
        }
    }
}
