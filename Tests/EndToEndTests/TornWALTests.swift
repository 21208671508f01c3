import Foundation
import TestSupport
import Testing

extension ProcessTests {
    /// Promise: a torn write-ahead log never makes an acknowledged write vanish under an unchanged epoch.
    @Suite struct TornWALTests {
        @Test func log_tornInsideItsLastFrame_keepsEverythingOrChangesTheEpoch() async throws {
            let file = try await DamagedFile.afterAKill()
            let wal = try #require(try WALFile(path: file.folder.entry(DamagedFile.logName)))
            let start = wal.start(ofFrame: wal.frameCount - 1)
            var toldCount = 0
            for cut in Self.cuts(frameBytes: wal.frameBytes) {
                let damage = "log cut \(cut) bytes into its last frame"
                let isKept = try await file.expectNoSilentLoss(damage, mayRefuse: false) { handle in
                    try handle.truncate(atOffset: UInt64(start + cut))
                }
                if !isKept { toldCount += 1 }
            }
            #expect(toldCount > 0, "no cut hit what was acknowledged: this test shows nothing")
        }

        @Test func log_untouched_keepsEverythingUnderItsEpochs() async throws {
            let file = try await DamagedFile.afterAKill()
            #expect(try await file.expectNoSilentLoss("untouched", mayRefuse: false) { _ in })
        }

        @Test func log_cutToNothing_keepsEverythingOrChangesTheEpoch() async throws {
            let file = try await DamagedFile.afterAKill()
            try await file.expectNoSilentLoss("empty log", mayRefuse: false) { try $0.truncate(atOffset: 0) }
        }

        /// Every byte of the frame would take a quarter of an hour; the edges of its parts and a spread stand for them.
        private static func cuts(frameBytes: Int) -> [Int] {
            let edges = [0, 1, 7, 8, 15, 16, 23, 24, 25, frameBytes - 1]
            let spread = stride(from: 200, to: frameBytes - 1, by: frameBytes / 30)
            return edges + spread
        }
    }

    /// Promise: a flipped bit leads to a new epoch or a refusal, never to one offset with two contents.
    @Suite struct BitFlipTests {
        @Test func log_withAFlippedBit_keepsEverythingOrChangesTheEpochOrRefuses() async throws {
            let file = try await DamagedFile.afterAKill()
            let wal = try #require(try WALFile(path: file.folder.entry(DamagedFile.logName)))
            var frames = Set([0, 1, wal.frameCount / 2, wal.frameCount - 2, wal.frameCount - 1])
            while frames.count < min(32, wal.frameCount) { frames.insert(.random(in: 0..<wal.frameCount)) }
            for frame in frames.sorted() where frame >= 0 {
                let place = wal.start(ofFrame: frame) + .random(in: 0..<wal.frameBytes)
                let bit = UInt8(1) << UInt8.random(in: 0..<8)
                let damage = "byte \(place) of frame \(frame) of \(wal.frameCount), bit mask \(bit)"
                try await file.expectNoSilentLoss(damage, mayRefuse: true) { handle in
                    try handle.seek(toOffset: UInt64(place))
                    let byte = try #require(try handle.read(upToCount: 1)?.first)
                    try handle.seek(toOffset: UInt64(place))
                    try handle.write(contentsOf: [byte ^ bit])
                }
            }
        }
    }
}
