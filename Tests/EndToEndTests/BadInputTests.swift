import NIOCore
import NIOWebSocket
import TestSupport
import Testing

extension ProcessTests {
    /// Promise: bad input is a clear error, and the server goes on.
    @Suite struct BadInputTests {
        struct BadFrame: Sendable, CustomTestStringConvertible {
            let testDescription: String
            let text: String
            let closeCode: Int
            var isConnected = true
        }

        @Test func frame_thatIsWrong_closesWithItsCode() async throws {
            try await ServerProcess.run(environment: ["WS_MAX_PAYLOAD_BYTES": "65536"]) { server in
                for bad in Self.badFrames {
                    let client = ProtocolClient(name: "bad")
                    if bad.isConnected {
                        try await client.connect(port: server.port)
                    } else {
                        try await client.open(port: server.port)
                    }
                    client.sendRaw(bad.text)
                    let end = try await client.socket?.waitForEnd()
                    #expect(end?.code == bad.closeCode, "\(bad.testDescription): \(String(describing: end))")
                    #expect(client.strangeFrames.isEmpty)
                }
                #expect(try await TestHTTP(port: server.port).get("/health/ready").status == 200)
            }
        }

        static let badFrames: [BadFrame] = [
            BadFrame(testDescription: "malformed JSON", text: #"{"id":2,"publish":{"#, closeCode: 3501),
            BadFrame(testDescription: "no JSON", text: "hello", closeCode: 3501),
            BadFrame(testDescription: "empty", text: "", closeCode: 3501),
            BadFrame(testDescription: "unknown command", text: #"{"id":2,"explode":{}}"#, closeCode: 3501),
            BadFrame(testDescription: "id 0", text: #"{"publish":{"channel":"a:1","data":1}}"#, closeCode: 3501),
            BadFrame(testDescription: "second connect", text: #"{"id":2,"connect":{}}"#, closeCode: 3501),
            BadFrame(testDescription: "unasked pong", text: "{}", closeCode: 3501),
            BadFrame(testDescription: "no channel", text: #"{"id":2,"subscribe":{}}"#, closeCode: 3501),
            BadFrame(
                testDescription: "command before connect",
                text: #"{"id":1,"publish":{"channel":"a:1","data":1}}"#,
                closeCode: 3501,
                isConnected: false
            ),
            BadFrame(
                testDescription: "message over the limit",
                text: #"{"id":2,"publish":{"channel":"a:1","data":""# + String(repeating: "x", count: 66_000) + #""}}"#,
                closeCode: 1009
            ),
        ]

        struct BadCommand: Sendable, CustomTestStringConvertible {
            let testDescription: String
            let method: String
            let parameters: JSONValue
            let code: Int
        }

        @Test func command_thatIsWrong_isAnsweredWithItsError() async throws {
            try await ServerProcess.run { server in
                let client = ProtocolClient(name: "bad")
                try await client.connect(port: server.port)
                for bad in Self.badCommands {
                    let error = await #expect(throws: ErrorReply.self, "\(bad.testDescription)") {
                        try await client.call(bad.method, bad.parameters)
                    }
                    #expect(error?.code == bad.code, "\(bad.testDescription): \(String(describing: error))")
                }
                try await client.subscribe("a:1")
                let again = await #expect(throws: ErrorReply.self) { try await client.subscribe("a:1") }
                #expect(again?.code == 105)
                let unrecoverable = await #expect(throws: ErrorReply.self) {
                    try await client.subscribe("a:2", recover: StreamPosition(epoch: "_", offset: 3), flag: 2)
                }
                #expect(unrecoverable?.code == 112)
                try await client.publish("a:1", ["still": "there"])
                try await client.waitForOffset(1, of: "a:1")
            }
        }

        static let badCommands: [BadCommand] = [
            BadCommand(testDescription: "no data", method: "publish", parameters: ["channel": "a:1"], code: 107),
            BadCommand(
                testDescription: "a channel of the service",
                method: "publish",
                parameters: ["channel": "session:1", "data": 1],
                code: 103
            ),
            BadCommand(
                testDescription: "a name that is not ASCII", method: "subscribe", parameters: ["channel": "é"],
                code: 107),
            BadCommand(
                testDescription: "a name that is too long",
                method: "subscribe",
                parameters: ["channel": .string(String(repeating: "a", count: 256))],
                code: 107
            ),
            BadCommand(
                testDescription: "a foreign epoch",
                method: "history",
                parameters: ["channel": "a:1", "limit": 1, "since": ["epoch": "_", "offset": 0]],
                code: 112
            ),
            BadCommand(
                testDescription: "an unknown method", method: "rpc", parameters: ["method": "no", "data": 1], code: 104),
            BadCommand(testDescription: "a ping from a client", method: "ping", parameters: [:], code: 108),
        ]

        @Test func socket_withABinaryFrame_isClosed() async throws {
            try await ServerProcess.run { server in
                let client = ProtocolClient(name: "binary")
                try await client.connect(port: server.port)
                client.socket?.send(opcode: .binary, ByteBuffer(bytes: [0xFF, 0x00, 0x01]))
                #expect(try await client.socket?.waitForEnd() != nil)
                #expect(try await TestHTTP(port: server.port).get("/health/ready").status == 200)
            }
        }

        @Test func publication_withDeepData_isRefusedWhereverItComesIn() async throws {
            try await ServerProcess.run { server in
                let deep = String(repeating: "[", count: 5_000) + String(repeating: "]", count: 5_000)
                let http = TestHTTP(port: server.port)
                let answer = try await http.send(.POST, "/api/publish", body: #"{"channel":"a:1","data":\#(deep)}"#)
                #expect(answer.status == 400 || answer.json?["error"]?["code"] == 107, "\(answer)")
                let session = try await http.send(.POST, "/api/sessions", body: #"{"document":\#(deep)}"#)
                #expect(session.status == 400)
                let client = ProtocolClient(name: "deep")
                try await client.connect(port: server.port)
                client.sendRaw(#"{"id":9,"publish":{"channel":"a:1","data":\#(deep)}}"#)
                #expect(try await client.socket?.waitForEnd().code == 3501)
                let history = try await http.post("/api/history", ["channel": "a:1", "limit": -1])
                #expect(history.json?["result"]?["offset"] == 0)
            }
        }
    }
}
