import Glibc

/// Derives the number of connections from the limit of open files.
enum DescriptorLimit {
    /// More are never derived, whatever the limit says.
    static let maximumConnections = 1_000_000

    /// The soft limit of this process.
    static func current() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        return Int(clamping: limit.rlim_cur)
    }

    /// Raises the soft limit to the hard one; where that fails, the soft limit is what is worked with.
    static func raise() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// Keeps a quarter of the limit, at most 256, for files and for connections that wait in line.
    static func connections(within limit: Int) -> Int {
        let connections = max(16, limit - min(256, limit / 4))
        return min(connections, maximumConnections)
    }
}
