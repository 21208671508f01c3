import TestSupport
import Testing

@testable import Gateway

@Suite struct ConnectTests {
    private static let connect = #"{"id":1,"connect":{}}"#

    @Test func connect_whenAnonymousIsAllowed_isAnsweredWithAnIDAndPings() async throws {
        for configuration in [GatewayConfiguration(), GatewayRig.closed(anonymous: true)] {
            try await GatewayRig.run(configuration) { rig in
                let client = try await rig.open()
                let lines = try await client.ask(Self.connect)
                #expect(lines.count == 1)
                let id = lines.first?.member("connect", "client") ?? ""
                #expect(id.count == 38, "a UUID with its quotes")
                #expect(
                    lines.first
                        == #"{"id":1,"connect":{"client":\#(id),"version":"0.1.0 anteroom","ping":25,"pong":true}}"#)
                #expect(try await client.closes() == [])
            }
        }
    }

    @Test func connect_whenAnonymousIsNotAllowed_is3501() async throws {
        try await GatewayRig.run(GatewayRig.closed()) { rig in
            let client = try await rig.open()
            #expect(try await client.ask(Self.connect) == [])
            #expect(try await client.closes() == [3501])
        }
    }

    @Test func connect_whenTheTokenIsValid_tellsWhenItEnds() async throws {
        try await GatewayRig.run(GatewayRig.closed()) { rig in
            for (seconds, part) in [(600, #""expires":true,"ttl":600,"#), (nil, "")] as [(Int64?, String)] {
                let client = try await rig.open()
                let token = try rig.token("7", seconds: seconds)
                let lines = try await client.ask(#"{"id":9,"connect":{"token":"\#(token)"}}"#)
                #expect(lines.first?.hasPrefix(#"{"id":9,"connect":{"client":""#) ?? false)
                #expect(lines.first?.contains(#","version":"0.1.0 anteroom",\#(part)"ping":25"#) ?? false)
            }
        }
    }

    @Test func connect_whenTheTokenExpired_is109AndNothingElseIsTaken() async throws {
        try await GatewayRig.run(GatewayRig.closed()) { rig in
            let client = try await rig.open()
            let token = try rig.token("7", seconds: -1)
            #expect(
                try await client.ask(#"{"id":1,"connect":{"token":"\#(token)"}}"#)
                    == [#"{"id":1,"error":{"code":109,"message":"token expired"}}"#])
            #expect(try await client.closes() == [])
            #expect(try await client.ask(#"{"id":2,"subscribe":{"channel":"c"}}"#) == [])
            #expect(try await client.closes() == [3501])
            #expect(try await rig.channels() == [:])
        }
    }

    @Test func connect_whenTheCredentialsAreOver_is110() async throws {
        try await GatewayRig.run(GatewayRig.closed()) { rig in
            let client = try await rig.open()
            let past = rig.time.value / 1_000 - 5
            let token = GatewayRig.signer.sign(claims: #"{"sub":"7","expire_at":\#(past)}"#)
            #expect(
                try await client.ask(#"{"id":1,"connect":{"token":"\#(token)"}}"#)
                    == [#"{"id":1,"error":{"code":110,"message":"expired"}}"#])
            #expect(try await client.closes() == [])
        }
    }

    @Test(arguments: ["x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
    func connect_whenTheTokenIsInvalid_is3500(token: String) async throws {
        for configuration in [GatewayRig.closed(anonymous: true), GatewayConfiguration()] {
            try await GatewayRig.run(configuration) { rig in
                let client = try await rig.open()
                #expect(try await client.ask(#"{"id":1,"connect":{"token":"\#(token)"}}"#) == [])
                #expect(try await client.closes() == [3500])
            }
        }
    }

    @Test(
        arguments: [
            (#"{"id":2,"subscribe":{"channel":"c"}}"#, 3501), (#"{"id":2,"ping":{}}"#, 3501), ("{}", 3501), ("", 3501),
            ("nonsense", 3501),
            (#"{"id":2,"wish":{}}"#, 3501), (#"{"connect":{}}"#, 3501), (#"{"send":{}}"#, 3501),
        ] as [(String, UInt16)])
    func message_whenNotConnected_closes(message: String, code: UInt16) async throws {
        try await GatewayRig.run { rig in
            let client = try await rig.open()
            #expect(try await client.ask(message) == [])
            #expect(try await client.closes() == [code])
        }
    }

    @Test(
        arguments: [
            (#"{"id":2,"connect":{}}"#, 3501), ("{}", 3501), ("", 3501), ("nonsense", 3501),
            (#"{"id":2,"wish":{}}"#, 3501),
            (#"{"ping":{}}"#, 3501), (#"{"send":{"data":1}}"#, 3508), (#"{"id":2,"subscribe":{"channel":""}}"#, 3501),
            (#"{"id":2,"subscribe":{"channel":"c","delta":"other"}}"#, 3501), (#"{"id":2,"unsubscribe":{}}"#, 3501),
            (#"{"id":2,"publish":{"data":1}}"#, 3501), (#"{"id":2,"history":{}}"#, 3501),
            (#"{"id":2,"refresh":{}}"#, 3501), (#"{"id":2,"sub_refresh":{}}"#, 3501),
            (#"{"id":2,"sub_refresh":{"channel":"c","token":"x"}}"#, 3500),
            (#"{"id":2,"refresh":{"token":"x"}}"#, 3500),
        ] as [(String, UInt16)])
    func message_whenConnectedAndBroken_closesOnceAndEndsEverything(message: String, code: UInt16) async throws {
        try await GatewayRig.run { rig in
            let client = try await rig.connect()
            // What stands before it is carried out, what stands behind it is not.
            try await client.send(#"{"id":7,"ping":{}}"#, message, #"{"id":8,"ping":{}}"#, "{", "{}")
            #expect(try await client.received() == [#"{"id":7,"error":{"code":108,"message":"not available"}}"#])
            #expect(try await client.closes() == [code])
            try await client.send(#"{"id":9,"subscribe":{"channel":"c"}}"#)
            #expect(try await client.closes() == [code])
            #expect(client.framesAfterClose == 0)
            #expect(try await rig.channels() == [:])
        }
    }

    @Test func message_whenBinary_is3506() async throws {
        try await GatewayRig.run { rig in
            let client = try await rig.connect()
            try await client.send(
                bytes: ClientFrames.frame(first: 0x82, payload: [1, 2]) + ClientFrames.frame(first: 0x82, payload: []))
            #expect(try await client.closes() == [3506])
        }
    }

    @Test(arguments: [
        (#""ping":{}"#, 108, "not available"), (#""sub_refresh":{"channel":"c"}"#, 107, "bad request"),
        (#""rpc":{"method":"nope"}"#, 104, "method not found"), (#""rpc":{}"#, 104, "method not found"),
        (#""publish":{"channel":"c"}"#, 107, "bad request"),
        (#""publish":{"channel":"c","data":null}"#, 107, "bad request"),
        (#""subscribe":{"channel":"ä"}"#, 107, "bad request"), (#""subscribe":{"channel":"a b"}"#, 107, "bad request"),
        (#""subscribe":{"channel":"c","type":1}"#, 107, "bad request"),
        (#""subscribe":{"channel":"c","tf":{}}"#, 107, "bad request"),
        (#""publish":{"channel":"session:x","data":1}"#, 103, "permission denied"),
        (#""subscribe":{"channel":"session:nobody"}"#, 103, "permission denied"),
        (#""subscribe":{"channel":"waiting:x"}"#, 103, "permission denied"),
    ])
    func command_whenItCannotBeDone_isAnErrorAndTheConnectionLives(command: String, code: Int, message: String)
        async throws
    {
        try await GatewayRig.run { rig in
            let client = try await rig.connect()
            #expect(
                try await client.ask("{\"id\":3,\(command)}") == [
                    #"{"id":3,"error":{"code":\#(code),"message":"\#(message)"}}"#
                ])
            #expect(try await client.closes() == [])
        }
    }

    @Test func refresh_whenTheTokenIsNew_movesTheEnd() async throws {
        try await GatewayRig.run(GatewayRig.closed()) { rig in
            let client = try await rig.connect(token: try rig.token("7", seconds: 60))
            #expect(
                try await client.ask(#"{"id":2,"refresh":{"token":"\#(try rig.token("7", seconds: 300))"}}"#)
                    == [#"{"id":2,"refresh":{"expires":true,"ttl":300}}"#])
            #expect(
                try await client.ask(#"{"id":3,"refresh":{"token":"\#(try rig.token("7"))"}}"#) == [
                    #"{"id":3,"refresh":{}}"#
                ])
        }
    }

    @Test func refresh_whenTheTokenIsWrong_closesOrSays110() async throws {
        try await GatewayRig.run(GatewayRig.closed()) { rig in
            for (token, code) in [
                (try rig.token("7", seconds: -1), 3005), (try rig.token("8", seconds: 60), 3500), ("x", 3500),
                ("", 3501),
            ] as [(String, UInt16)] {
                let client = try await rig.connect(token: try rig.token("7", seconds: 60))
                #expect(try await client.ask(#"{"id":2,"refresh":{"token":"\#(token)"}}"#) == [])
                #expect(try await client.closes() == [code])
            }
            let client = try await rig.connect(token: try rig.token("7", seconds: 60))
            let past = GatewayRig.signer.sign(claims: #"{"sub":"7","expire_at":\#(rig.time.value / 1_000 - 5)}"#)
            #expect(
                try await client.ask(#"{"id":2,"refresh":{"token":"\#(past)"}}"#)
                    == [#"{"id":2,"error":{"code":110,"message":"expired"}}"#])
            await rig.advance(milliseconds: 10_000)
            #expect(try await client.closes() == [], "the credentials that it has are still good")
        }
    }
}
