import Foundation
import Gateway
import Testing

/// The numbers that clients are told never move: `data/errors.json` is what was promised.
@Suite struct CatalogueTests {
    private struct Golden: Codable, Equatable {
        struct Line: Codable, Equatable {
            let code: Int
            let text: String
            let temporary: Bool?
        }

        let replies: [Line]
        let disconnects: [Line]
    }

    private static let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "data/errors.json")

    private var current: Golden {
        Golden(
            replies: ReplyError.allCases.map {
                Golden.Line(code: Int($0.rawValue), text: $0.message, temporary: $0.isTemporary)
            },
            disconnects: Disconnect.allCases.map {
                Golden.Line(code: Int($0.rawValue), text: $0.reason, temporary: $0.rawValue < 3500)
            })
    }

    @Test func catalogue_whenComparedWithTheGoldenFile_hasNotMoved() throws {
        let golden = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: Self.file))
        #expect(current == golden)
    }

    @Test(arguments: Disconnect.allCases) func reason_whenReadByAnSDK_isShortTextAndNoJSON(_ disconnect: Disconnect) {
        #expect(disconnect.reason.utf8.count <= 123)
        // No JSON is what is hoped for, and why it is none doesn't matter.
        let asJSON = try? JSONSerialization.jsonObject(with: Data(disconnect.reason.utf8), options: .fragmentsAllowed)
        // Text that parses would be taken for an object of the old protocol.
        #expect(asJSON == nil)
    }
}
