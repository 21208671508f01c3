import NIOCore
import NIOEmbedded
import Testing

@testable import Gateway

/// Row O9: whoever decides to close a connection, it is counted under the code that the client gets.
@Suite struct CloseCountTests {
    private func counted(_ rig: GatewayRig) async throws -> [LoopTally.Code: Int] {
        try await rig.loop.executeInContext { [core = rig.core, loop = rig.loop] in
            core.seat(of: loop)?.hub.value.tally.closes ?? [:]
        }
    }

    @Test func closes_byTheProtocolAndByTheFrames_areCounted() async throws {
        try await GatewayRig.run { rig in
            let terms = SocketTerms(messagesPerMinute: 60)
            let clients = [try await rig.connect(), try await rig.connect(), try await rig.connect(terms: terms)]
            try await clients[0].send("nonsense")
            try await clients[1].send(bytes: [0xFF, 0xFF])
            for _ in 0..<200 where try await clients[2].closes().isEmpty {
                try await clients[2].send(#"{"id":3,"rpc":{"method":"none"}}"#)
            }
            let leaving = try await rig.connect()
            try await leaving.send(bytes: ClientFrames.close(1000))
            var codes: [UInt16] = []
            for client in clients { codes += try await client.closes() }
            #expect(codes == [3501, 1002, 3013])
            let expected = codes.map { (LoopTally.Code(surface: .client, number: Int($0)), 1) }
            #expect(try await counted(rig) == Dictionary(uniqueKeysWithValues: expected), "and not who left by itself")
        }
    }
}
