import Crypto
import Foundation
import HTTPTypes
import NIOHTTP1

/// The opening handshake of a WebSocket, seen from the server.
///
/// - Source: RFC 6455 §4.2.
package enum Handshake {
    /// Why a request can't become a WebSocket.
    package enum Fault: Error, Equatable {
        case method
        case httpVersion
        case body
        case version
        case key

        /// The answer to the client.
        package var problem: Problem {
            switch self {
            case .method: .init(.badRequest, code: "websocket-handshake", detail: "A WebSocket opens with GET.")
            case .httpVersion: .init(.badRequest, code: "websocket-handshake", detail: "A WebSocket needs HTTP/1.1.")
            case .body: .init(.badRequest, code: "websocket-handshake", detail: "A WebSocket opens without a body.")
            case .key:
                .init(
                    .badRequest, code: "websocket-handshake", detail: "Sec-WebSocket-Key is missing or isn't 16 bytes.")
            case .version:
                .init(
                    .upgradeRequired, code: "websocket-version", detail: "Only version 13 of WebSocket is spoken here.",
                    headers: [.upgrade: "websocket", .secWebSocketVersion: "13"]
                )
            }
        }
    }

    /// Says whether a client asks to change the protocol, to any.
    ///
    /// After such a request NIO's decoder reads nothing more, whatever the answer is.
    package static func asksForUpgrade(_ head: HTTPRequestHead) -> Bool {
        head.method == .CONNECT
            || (head.headers.contains(name: "upgrade") && self.has("upgrade", in: "connection", of: head))
    }

    /// Says whether a client asks for a WebSocket.
    package static func asksForWebSocket(_ head: HTTPRequestHead) -> Bool {
        self.has("websocket", in: "upgrade", of: head) && self.has("upgrade", in: "connection", of: head)
    }

    /// Checks the handshake and answers with the accept key.
    package static func acceptKey(for head: HTTPRequestHead) -> Result<String, Fault> {
        guard head.method == .GET else { return .failure(.method) }
        guard head.version != .http1_0 else { return .failure(.httpVersion) }
        let hasBody =
            head.headers.contains(name: "transfer-encoding") || head.headers["content-length"].contains { $0 != "0" }
        guard !hasBody else { return .failure(.body) }
        guard head.headers["sec-websocket-version"].first == "13" else { return .failure(.version) }
        let keys = head.headers["sec-websocket-key"]
        guard keys.count == 1, let key = keys.first, Data(base64Encoded: key)?.count == 16 else {
            return .failure(.key)
        }
        let digest = Insecure.SHA1.hash(data: Data((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8))
        return .success(Data(digest).base64EncodedString())
    }

    private static func has(_ token: String, in name: String, of head: HTTPRequestHead) -> Bool {
        head.headers[canonicalForm: name].contains { $0.lowercased() == token }
    }
}

extension HTTPRequest {
    /// Subprotocols that the client offers, in its order of preference.
    ///
    /// - Guarantee: an empty header (some clients send one) is an empty list, not an offer of "".
    /// - Bounds: the first 16.
    public var offeredSubprotocols: [String] {
        let tokens = self.headerFields[values: .secWebSocketProtocol]
            .flatMap { $0.split(separator: ",") }
            .map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { !$0.isEmpty }
        return Array(tokens.prefix(16))
    }
}
