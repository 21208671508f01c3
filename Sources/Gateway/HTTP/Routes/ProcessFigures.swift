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

    /// Time of the processors so far, in user and system mode.
    static var cpuSeconds: Double {
        // The name in parentheses may hold anything; what follows it are numbers.
        let fields = words("/proc/self/stat", after: ")")
        let ticks = [11, 12].reduce(0.0) { $0 + (fields.indices.contains($1) ? Double(fields[$1]) ?? 0 : 0) }
        return ticks / Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
    }

    /// Open file descriptors.
    static var openDescriptors: Int {
        // Figures for people: a system without this folder shows none.
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0
    }

    /// Load averages over 1, 5 and 15 minutes.
    static var loadAverages: [Double] { words("/proc/loadavg").prefix(3).map { Double($0) ?? 0 } }

    private static func words(_ path: String, after mark: Character? = nil) -> [Substring] {
        // Figures for people: a system without this file shows zeros.
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
        let start = mark.flatMap { text.lastIndex(of: $0) }.map { text.index(after: $0) } ?? text.startIndex
        return text[start...].split { $0 == " " || $0 == "\n" }
    }
}

/// The release that this is.
public enum ServiceVersion {
    /// Shown in status pages and to clients.
    public static let current = "0.1.0"
}
