import Foundation

/// A started child with our ends of its pipes.
struct SpawnedChild: Sendable {
    let processID: Int32
    let input: Int32
    let output: Int32
    let error: Int32
}

/// A program to start.
struct SpawnRequest: Sendable {
    let program: String
    let arguments: [String]
    let environment: [String: String]

    /// Starts the program with pipes for its three streams.
    ///
    /// Uses `posix_spawn`, not `Foundation.Process`: tests start children from many threads at once, and a child must inherit
    /// nothing else, or it would hold another child's pipes and the test's own connections open.
    func spawn() throws -> SpawnedChild {
        let input = try Self.pipe(), output = try Self.pipe(), error = try Self.pipe()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input.reading, 0)
        posix_spawn_file_actions_adddup2(&actions, output.writing, 1)
        posix_spawn_file_actions_adddup2(&actions, error.writing, 2)
        // Also those that another thread opens meanwhile; closing what is not open does nothing.
        for descriptor in 3..<(Self.highestDescriptor + 64) { posix_spawn_file_actions_addclose(&actions, descriptor) }
        let processID = try start(&actions)
        [input.reading, output.writing, error.writing].forEach { close($0) }
        [output.reading, error.reading].forEach { _ = fcntl($0, F_SETFL, O_NONBLOCK) }
        return SpawnedChild(processID: processID, input: input.writing, output: output.reading, error: error.reading)
    }

    private func start(_ actions: inout posix_spawn_file_actions_t) throws -> pid_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The child starts with no signal blocked or ignored, whatever the thread that starts it has.
        var none = sigset_t(), every = sigset_t()
        sigemptyset(&none)
        sigfillset(&every)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &every)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var processID: pid_t = 0
        let result = withCStrings(commandLine) { arguments in
            withCStrings(environmentLines) { environment in
                posix_spawnp(&processID, commandLine[0], &actions, &attributes, arguments, environment)
            }
        }
        guard result == 0 else { throw POSIXError(POSIXErrorCode(rawValue: result) ?? .EIO) }
        return processID
    }

    /// `setpriv` makes the kernel kill the child when this process dies, so that a crashed test run leaves nothing behind.
    private var commandLine: [String] {
        let setpriv = "/usr/bin/setpriv"
        let isThere = FileManager.default.isExecutableFile(atPath: setpriv)
        return (isThere ? [setpriv, "--pdeathsig", "KILL", "--"] : []) + [program] + arguments
    }

    private var environmentLines: [String] {
        let inherited = ProcessInfo.processInfo.environment.filter { ["PATH", "HOME"].contains($0.key) }
        return inherited.merging(environment, uniquingKeysWith: { $1 }).map { "\($0.key)=\($0.value)" }
    }

    private func withCStrings<Result>(
        _ strings: [String],
        _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let copies: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
        defer { copies.forEach { free($0) } }
        return body(copies + [nil])
    }

    private static var highestDescriptor: Int32 {
        // Losing the error is safe: without /proc the usual limit stands in.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? ["1024"]
        return names.compactMap { Int32($0) }.max() ?? 1_024
    }

    private static func pipe() throws -> (reading: Int32, writing: Int32) {
        var ends: [Int32] = [0, 0]
        guard Foundation.pipe(&ends) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        return (ends[0], ends[1])
    }
}
