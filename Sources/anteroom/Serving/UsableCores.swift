import FoundationEssentials
import NIOCore

/// The cores that this process may use: fewer than the machine has, where a container or `taskset` says so.
enum UsableCores {
    /// At least 1.
    static var count: Int {
        // Without this file (not Linux) the machine's own number is as good.
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        return allowed(inStatus: status) ?? System.coreCount
    }

    /// Counts the bits of `Cpus_allowed`, a list of 32-bit words in hexadecimal; nil when there is none.
    static func allowed(inStatus text: String) -> Int? {
        let name = "Cpus_allowed:"
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name) }) else { return nil }
        let cores = line.dropFirst(name.count).reduce(0) { $0 + ($1.hexDigitValue ?? 0).nonzeroBitCount }
        return cores > 0 ? cores : nil
    }
}
