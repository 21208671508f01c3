import Foundation

/// Where the frames of a SQLite write-ahead log lie.
///
/// Source: https://www.sqlite.org/fileformat2.html, section 4.1.
package struct WALFile: Sendable {
    /// What precedes the first frame.
    package static let headerBytes = 32
    /// What precedes the page of a frame.
    package static let frameHeaderBytes = 24

    package let frameBytes: Int
    /// How many frames belong to the current run of the log; what lies behind them is older.
    package let frameCount: Int

    /// Reads the layout, or nil for a file that holds no frame.
    package init?(path: String) throws {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        guard bytes.count > Self.headerBytes else { return nil }
        let pageBytes = bytes[8..<12].reduce(0) { $0 << 8 | Int($1) }
        let frameBytes = pageBytes + Self.frameHeaderBytes
        let salt = bytes[16..<24]
        var count = 0
        while true {
            let start = Self.headerBytes + count * frameBytes
            guard start + frameBytes <= bytes.count, bytes[start + 8..<start + 16] == salt else { break }
            count += 1
        }
        guard count > 0 else { return nil }
        frameCount = count
        self.frameBytes = frameBytes
    }

    /// Where a frame begins in the file.
    package func start(ofFrame index: Int) -> Int { Self.headerBytes + index * frameBytes }
}
