import Foundation
import TestSupport
import Testing

@Suite struct ChildProcessTests {
    @Test func waitForExit_afterOutput_hasAllOfIt() async throws {
        let child = try ChildProcess("/bin/sh", ["-c", "echo out; echo err >&2; exit 7"])
        #expect(try await child.waitForExit() == .code(7))
        #expect(child.standardOutput == "out\n")
        #expect(child.standardError == "err\n")
    }

    @Test func signal_ofARunningChild_endsIt() async throws {
        let child = try ChildProcess("/bin/cat", [])
        child.signal(SIGKILL)
        #expect(try await child.waitForExit() == .signal(9))
        #expect(try state(of: child.processID) == nil, "a zombie is left")
    }

    @Test func writeLine_reachesTheChild() async throws {
        let child = try ChildProcess(
            "/bin/sh", ["-c", "read line; echo got $line in $PLACE"], environment: ["PLACE": "here"])
        child.writeLine("one")
        _ = try await child.waitForExit()
        #expect(child.standardOutput == "got one in here\n")
    }

    @Test func start_ofAMissingProgram_fails() async {
        // Losing the error is safe: without `setpriv` the start itself throws, which is a failure just as well.
        let status = try? await ChildProcess("/nonexistent/program", []).waitForExit()
        #expect(status == nil || status == .code(127))
    }

    @Test func deinit_ofARunningChild_killsIt() async throws {
        var child: ChildProcess? = try ChildProcess("/bin/cat", [])
        let processID = try #require(child?.processID)
        child = nil
        try await eventually("the child is gone") { try state(of: processID) == nil }
    }

    @Test func grandchildHoldingThePipe_doesNotHideTheEnd() async throws {
        let child = try ChildProcess("/bin/sh", ["-c", "tail -f /dev/null & echo $!; exit 3"])
        #expect(try await child.waitForExit() == .code(3))
        let grandchild = try #require(Int32(child.standardOutput.trimmingCharacters(in: .whitespacesAndNewlines)))
        kill(grandchild, SIGKILL)
    }

    @Test func freePort_askedTwice_differs() throws {
        #expect(try PortAllocator.free() != PortAllocator.free())
    }

    @Test func eventually_pastItsDeadline_throws() async {
        await #expect(throws: DeadlinePassed.self) {
            try await eventually(within: .milliseconds(20), "never") { false }
        }
    }

    /// The state letter of a process, or nil when there is none with that number.
    private func state(of processID: Int32) throws -> String? {
        // Losing the error is safe: no such file means no such process.
        guard let text = try? String(contentsOfFile: "/proc/\(processID)/stat", encoding: .utf8) else { return nil }
        return text.split(separator: ")").last?.split(separator: " ").first.map(String.init)
    }
}
