import Foundation
import Synchronization

/// How a child process ended.
package enum ProcessExit: Sendable, Hashable {
    case code(Int)
    case signal(Int)
}

/// A program run as a child: its output is collected, and it is always reaped.
///
/// **Isolation**: safe from everywhere. One thread of its own starts the child, reads its output and waits for its end;
/// the kernel kills the child should this process die first.
package final class ChildProcess: Sendable {
    private let spawned: SpawnedChild
    private let record: ChildRecord

    package var processID: Int32 { spawned.processID }

    /// Starts a program.
    /// - Parameter environment: the whole environment of the child, except that `PATH` and `HOME` are inherited.
    package init(_ program: String, _ arguments: [String], environment: [String: String] = [:]) throws {
        let request = SpawnRequest(program: program, arguments: arguments, environment: environment)
        let record = ChildRecord()
        Thread.detachNewThread { record.run(request) }
        spawned = try record.waitForStart()
        self.record = record
    }

    deinit {
        close(spawned.input)
        record.signal(SIGKILL, to: spawned.processID)
    }

    /// What the child wrote so far, both streams in order of arrival.
    ///
    /// **Bounds**: the newest `OutputBuffer.bytesMax` bytes.
    package var output: String { record.output.all }

    /// What the child wrote to its standard output.
    package var standardOutput: String { record.output.standard }

    /// What the child wrote to its standard error.
    package var standardError: String { record.output.error }

    /// How the child ended, or nil while it runs.
    package var exitStatus: ProcessExit? { record.exitStatus }

    /// Sends a signal, if the child still runs.
    package func signal(_ number: Int32) {
        record.signal(number, to: spawned.processID)
    }

    /// Writes a line to the child's standard input.
    package func writeLine(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = bytes.withUnsafeBytes { write(spawned.input, $0.baseAddress, $0.count) }
    }

    /// Waits for the child's end, with all its output read.
    package func waitForExit(within limit: Duration = .seconds(10)) async throws -> ProcessExit {
        do {
            return try await eventuallySome(within: limit, "exit of process \(processID)") { exitStatus }
        } catch let error as DeadlinePassed {
            throw DeadlinePassed(what: error.what + "; it wrote: \(output.suffix(2_000))", limit: error.limit)
        }
    }
}

/// What the thread of a child tells about it.
final class ChildRecord: Sendable {
    private struct State {
        var started: Result<SpawnedChild, any Error>?
        var output = OutputBuffer()
        var isReaped = false
        var exitStatus: ProcessExit?
    }

    private let state = Mutex(State())
    private let start = DispatchSemaphore(value: 0)

    var output: OutputBuffer { state.withLock { $0.output } }
    var exitStatus: ProcessExit? { state.withLock { $0.exitStatus } }

    func waitForStart() throws -> SpawnedChild {
        start.wait()
        guard let started = state.withLock({ $0.started }) else { throw POSIXError(.EIO) }
        return try started.get()
    }

    func signal(_ number: Int32, to processID: Int32) {
        state.withLock { state in
            // Reaping takes the same lock, so that no other process that got the number later is ever hit.
            if !state.isReaped { _ = kill(processID, number) }
        }
    }

    /// Starts the child and stays with it until its end; the body of the child's thread.
    ///
    /// The thread that starts a child must live as long as the child, because the kernel counts the end of that thread as
    /// the death of the parent.
    func run(_ request: SpawnRequest) {
        let started = Result { try request.spawn() }
        state.withLock { $0.started = started }
        start.signal()
        // Losing the error is safe: `waitForStart` hands it to the caller.
        guard let child = try? started.get() else { return }
        var pipes = OutputPipes(standard: child.output, error: child.error)
        var status: Int32?
        while status == nil {
            pipes.read(waitMilliseconds: 20) { append($0, isError: $1) }
            status = reap(child.processID, canBlock: pipes.areClosed)
        }
        pipes.read(waitMilliseconds: 0) { append($0, isError: $1) }
        pipes.closeAll()
        state.withLock { $0.exitStatus = status.map(Self.exitStatus(of:)) }
    }

    private func append(_ bytes: [UInt8], isError: Bool) {
        state.withLock { $0.output.append(bytes, isError: isError) }
    }

    private func reap(_ processID: Int32, canBlock: Bool) -> Int32? {
        if canBlock {
            // Waits for the end without reaping, outside of the lock.
            var information = siginfo_t()
            waitid(P_PID, id_t(processID), &information, WEXITED | WNOWAIT)
        }
        return state.withLock { state in
            var status: Int32 = 0
            guard waitpid(processID, &status, WNOHANG) == processID else { return nil }
            state.isReaped = true
            return status
        }
    }

    private static func exitStatus(of status: Int32) -> ProcessExit {
        let signal = status & 0x7F
        return signal == 0 ? .code(Int((status >> 8) & 0xFF)) : .signal(Int(signal))
    }
}
