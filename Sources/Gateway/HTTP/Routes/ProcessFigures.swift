import Foundation

/// What the operating system says about this process; zero where it says nothing.
struct ProcessFigures: Sendable {
    /// Bytes of memory.
    let resident: Int
    /// Bytes of data segments, the heap among them.
    let data: Int
    /// Bytes of resident memory that is no file's.
    let privateResident: Int

    /// Reads the figures of now.
    init() {
        let pages = Self.words("/proc/self/statm").map { Int($0) ?? 0 }
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        func bytes(_ index: Int) -> Int { pages.indices.contains(index) ? pages[index] &* page : 0 }
        resident = bytes(1)
        data = bytes(5)
        privateResident = max(0, bytes(1) - bytes(2))
    }

    /// Load averages over 1, 5 and 15 minutes.
    static var loadAverages: [Double] { words("/proc/loadavg").prefix(3).map { Double($0) ?? 0 } }

    private static func words(_ path: String) -> [Substring] {
        // Figures for people: a system without this file shows zeros.
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
        return text.split { $0 == " " || $0 == "\n" }
    }
}

/// The release that this is.
public enum ServiceVersion {
    /// Shown in status pages and to clients.
    public static let current = "0.1.0"
}
