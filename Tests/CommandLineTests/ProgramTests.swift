import Foundation
import Gateway
import Testing

@testable import anteroom

/// Runs the real program.
@Suite struct ProgramTests {
    private func run(_ arguments: [String], _ environment: [String: String] = [:]) throws -> ProgramOutcome {
        try ProgramOutcome(of: arguments, environment)
    }

    @Test(
        arguments: [
            (["--prot", "1"], [:], "anteroom: Unknown option '--prot'. Did you mean '--port'? (anteroom --help)\n"),
            (["--port"], [:], "anteroom: Missing value for '--port <value>'. (anteroom --help)\n"),
            (["config", "extra"], [:], "anteroom: Unexpected argument 'extra'. (anteroom --help)\n"),
            (
                ["--port", "x"], [:],
                "anteroom: The flag --port is \"x\"; accepted is a whole number from 0 to 65535.\n"
            ),
            (
                ["serve", "--config", "/nonexistent.json"], [:],
                "anteroom: The configuration file /nonexistent.json can't be read: there is no such file.\n"
            ),
            (
                ["--config", "/"], [:], "anteroom: The configuration file / can't be read: it is not a readable file.\n"
            ),
            (
                [], ["ENVIRONMENT": "production"],
                "anteroom: JWT_SECRET is not set, which ENVIRONMENT=production needs; make one with `openssl rand -hex 32`.\n"
            ),
            (
                ["token", "--user", "1"], [:],
                "anteroom: There is no secret to sign with: this development server is open and needs no token; to use tokens, "
                    + "set JWT_SECRET here and for the server (make one with `openssl rand -hex 32`).\n"
            ),
            (
                ["token", "--ttl", "soon"], ["JWT_SECRET": "s"],
                "anteroom: --ttl is \"soon\"; accepted is a span of time from one second, like 90s, 15m, 1h or 30d.\n"
            ),
            (
                ["token", "--ttl", "1h", "--never-expires"], ["JWT_SECRET": "s"],
                "anteroom: --ttl and --never-expires contradict each other; accepted is one of them.\n"
            ),
            (
                ["token", "--session", "abc"], ["JWT_SECRET": "s"],
                "anteroom: --session is \"abc\"; accepted is ID=r or ID=rw.\n"
            ),
            (
                ["token", "--info", "{"], ["JWT_SECRET": "s"],
                "anteroom: --info lacks a key in quotes (character 2); accepted is JSON.\n"
            ),
        ] as [([String], [String: String], String)])
    func program_whenAskedWrongly_saysOneSentenceAndEndsWith64(
        arguments: [String], environment: [String: String], sentence: String
    ) throws {
        let outcome = try run(arguments, environment)
        #expect(outcome.error == sentence)
        #expect(outcome.code == 64)
        #expect(outcome.output == "")
    }

    @Test func version_andHelp_goToStandardOutput() throws {
        let version = try run(["--version"])
        #expect(version.output == "0.1.0\n" && version.code == 0 && version.error == "")
        let help = try run(["serve", "--help"])
        #expect(help.code == 0)
        for name in SettingName.allCases { #expect(help.output.contains(name.flag)) }
    }

    @Test func config_masksSecretsInBothFormats() throws {
        let environment = [
            "JWT_SECRET": "unique-7d1f", "JWT_SECRET_PREVIOUS": "unique-8e2a", "API_KEY": "unique-9b3c",
            "API_KEY_PREVIOUS": "unique-0d4e", "PORT": "4000", "PERSISTENT_SESSION_SECRET": "unique-1e5f",
            "PERSISTENT_SESSION_SECRET_PREVIOUS": "unique-2f60", "REDIS_URL": "redis://:unique-3a71@elsewhere:6379",
        ]
        for format in ["table", "json"] {
            let outcome = try run(["config", "--format", format, "--drain-seconds", "7"], environment)
            #expect(outcome.code == 0 && outcome.error == "")
            #expect(!outcome.output.contains("unique-"))
            for text in ["environment PORT", "flag --drain-seconds", "••••••••", "4000"] {
                #expect(outcome.output.contains(text))
            }
        }
        let json = try run(["config", "--format", "json"], environment).output
        guard case .array(let rows) = try StrictJSON(Array(json.utf8)) else {
            Issue.record("not a list: \(json)")
            return
        }
        #expect(
            rows.first
                == .object([
                    .init("name", .string("PORT")), .init("value", .string("4000")),
                    .init("source", .string("environment PORT")),
                ]))
        #expect(rows.count == SettingName.allCases.count + 7)
    }

    @Test func configKeys_listsWhatCanBeSet() throws {
        let output = try run(["config", "--keys"], ["PORT": "not even read"]).output
        for setting in Setting.all { #expect(output.contains(setting.fileKey) && output.contains(setting.meaning)) }
        for key in ConfigurationFile.keys + ChannelSection.optionKeys { #expect(output.contains(key)) }
    }

    @Test func token_isAcceptedByTheServersVerifier() throws {
        let arguments = ["token", "--user", "42", "--session", "s1=rw", "--session", "s2=r", "--info", "{\"n\": 1}"]
        let environment = ["JWT_SECRET": Samples.secret, "JWT_ALGORITHM": "HS512"]
        let start = Int64(Date().timeIntervalSince1970 * 1000)
        let outcome = try run(arguments + ["--ttl", "1h"], environment)
        #expect(outcome.code == 0 && outcome.error == "")
        let token = String(outcome.output.dropLast())
        let verdict = try Samples.configuration(environment).gateway.tokens.verify(token, now: start)
        guard case .valid(let identity) = verdict else {
            Issue.record("\(verdict)")
            return
        }
        #expect(identity.user == "42" && identity.sessions == ["s1": .readWrite, "s2": .read])
        #expect(identity.info.map { String(decoding: $0, as: UTF8.self) } == #"{"n":1}"#)
        let end = try #require(identity.expiresAt)
        #expect((start + 3_599_000...start + 3_700_000).contains(end))
        let endless = String(try run(["token", "--never-expires"], environment).output.dropLast())
        #expect(
            try Samples.configuration(environment).gateway.tokens.verify(endless, now: .max / 2) == .valid(.anonymous))
    }
}
