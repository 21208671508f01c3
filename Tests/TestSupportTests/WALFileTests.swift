import Foundation
import TestSupport
import Testing

@Suite struct WALFileTests {
    @Test func frames_ofTheCurrentRun_areCountedAndOlderOnesNot() throws {
        let folder = try TemporaryDirectory()
        let path = folder.entry("wal")
        let salt: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]
        let older: [UInt8] = [0, 2, 3, 4, 5, 6, 7, 8]
        func frame(_ salt: [UInt8]) -> [UInt8] {
            Array(repeating: 0, count: 8) + salt + Array(repeating: 0, count: 8 + 512)
        }
        let header: [UInt8] =
            Array(repeating: 0, count: 8) + [0, 0, 2, 0] + [0, 0, 0, 1] + salt + Array(repeating: 0, count: 8)
        try Data(header + frame(salt) + frame(salt) + frame(older)).write(to: URL(fileURLWithPath: path))
        let file = try #require(try WALFile(path: path))
        #expect(file.frameCount == 2)
        #expect(file.frameBytes == 536)
        #expect(file.start(ofFrame: 1) == 32 + 536)
        try Data(header).write(to: URL(fileURLWithPath: path))
        #expect(try WALFile(path: path) == nil)
    }
}
