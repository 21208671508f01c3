import Foundation
import Testing

/// Runs the real program over the committed sample and over directories that hold nothing.
@Suite struct ReplayProgramTests {
    private static let sample = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("data/samples/classroom.ndjson").path
    private static let lesson = "5b0c6f0e9a7d4c1f8e2b3a4d5c6f7081"

    private func run(_ arguments: String...) throws -> ProgramOutcome { try run(arguments) }

    private func run(_ arguments: [String]) throws -> ProgramOutcome { try ProgramOutcome(of: arguments) }

    @Test(
        arguments: [
            (
                ["--since", "yesterday"],
                "--since is \"yesterday\"; accepted is a cursor like 1.42, a time like 2026-11-21T05:40:00Z, or a span like -10m."
            ),
            (["--limit", "0"], "--limit is 0; accepted is a whole number from 1."),
            (["--state-at", "1.1"], "--state-at needs --session."),
            (
                ["--channel", "a", "--session", "b"],
                "--channel and --session contradict each other; accepted is one of them."
            ),
            (
                ["--from", "x", "--data-dir", "y"],
                "--from and --data-dir contradict each other; accepted is one of them."
            ),
            (
                ["--follow", "--until", "1.1"],
                "--follow reads a journal on and on; it doesn't go with --from, --export or --until."
            ),
        ])
    func replay_whenAskedWrongly_saysOneSentenceAndEndsWith64(arguments: [String], sentence: String) throws {
        #expect(
            try run(["replay"] + arguments) == ProgramOutcome(code: 64, output: "", error: "anteroom: \(sentence)\n"))
    }

    @Test func replay_asNDJSON_isTheExportItself() throws {
        let committed = try String(contentsOfFile: Self.sample, encoding: .utf8)
        #expect(
            try run("replay", "--from", Self.sample, "--format", "ndjson")
                == ProgramOutcome(code: 0, output: committed, error: ""))
        let copy = NSTemporaryDirectory() + "anteroom-\(UUID().uuidString).ndjson"
        defer { unlink(copy) }
        let exported = try run("replay", "--from", Self.sample, "--export", copy)
        #expect(exported == ProgramOutcome(code: 0, output: "\(copy) has 33 entries.\n", error: ""))
        #expect(try String(contentsOfFile: copy, encoding: .utf8) == committed)
    }

    @Test func replay_withFilters_printsTitlesAndMatches() throws {
        let outcome = try run(
            "replay", "--from", Self.sample, "--session", Self.lesson, "--kind", "session.put", "--kind", "session.end",
            "--since", "2026-09-14T07:18:00Z", "--until", "1.30")
        let lines = outcome.output.split(separator: "\n")
        #expect(outcome.code == 0 && lines.count == 3)
        #expect(lines.first?.hasPrefix("CURSOR ") == true && lines.last?.hasPrefix("1.25 ") == true)
        #expect(try run("replay", "--from", Self.sample, "--limit", "2").output.split(separator: "\n").count == 3)
    }

    @Test func stateAt_isReadableByProgramsToo() throws {
        let outcome = try run(
            "replay", "--from", Self.sample, "--session", Self.lesson, "--state-at", "1.25", "--format", "ndjson")
        #expect(
            outcome.output == #"{"session":"\#(Self.lesson)","cursor":"1.25","time":"2026-09-14T07:18:55.300Z","#
                + #""status":"ended (bell)","version":9,"type":"lesson","owner":"teacher-ines","#
                + #""created":"2026-09-14T07:15:02.000Z","changed":"2026-09-14T07:18:50.300Z","#
                + #""touched":"2026-09-14T07:18:50.300Z","ended":"2026-09-14T07:18:55.300Z"}"# + "\n")
        #expect(outcome.code == 0)
    }

    @Test func nothingToShow_isASentenceAndCode1() throws {
        let begins = "in \(Self.sample), which begins at 1.0 (2026-09-14T07:15:00.000Z).\n"
        #expect(
            try run("replay", "--from", Self.sample, "--session", "nobody")
                == ProgramOutcome(code: 1, output: "", error: "anteroom: No entry of session nobody \(begins)"))
        #expect(
            try run("replay", "--from", Self.sample, "--session", Self.lesson, "--state-at", "1.0")
                == ProgramOutcome(
                    code: 1, output: "",
                    error: "anteroom: There was no session \(Self.lesson) at 1.0 (2026-09-14T07:15:00.000Z).\n"))
    }

    @Test(arguments: [["replay"], ["check"], ["backup", "copy.sqlite"]])
    func verbs_overAMissingDirectory_saySoAndCreateNothing(verb: [String]) throws {
        let path = NSTemporaryDirectory() + "anteroom-none-\(UUID().uuidString)"
        let sentence = "anteroom: There is no \(path)/anteroom.sqlite: no node has written to this directory.\n"
        #expect(try run(verb + ["--data-dir", path]) == ProgramOutcome(code: 69, output: "", error: sentence))
        #expect(!FileManager.default.fileExists(atPath: path) && !FileManager.default.fileExists(atPath: "copy.sqlite"))
    }
}
