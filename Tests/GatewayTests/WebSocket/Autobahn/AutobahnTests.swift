import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import TestSupport
import Testing

@testable import Gateway

/// Promise (P1): our frames are what the Autobahn Testsuite calls RFC 6455, in all of its cases but those on limits and
/// compression.
@Suite(.enabled("needs Python 2.7 and the package autobahntestsuite") { await Autobahn.program() != nil })
struct AutobahnTests {
    /// Sections 1 to 7 and 10.
    private static let caseCount = 247
    /// Text that is broken in the middle of a frame may be refused before or at the end of the frame.
    private static let mayBeNonStrict = "6.4."

    @Test(.timeLimit(.minutes(3))) func P1_frames_passEveryCase() async throws {
        let report = try await Autobahn.run()
        #expect(report.count == Self.caseCount)
        let bad = report.filter { number, verdict in
            let accepted = ["OK", "INFORMATIONAL"] + (number.hasPrefix(Self.mayBeNonStrict) ? ["NON-STRICT"] : [])
            return !accepted.contains(verdict.behavior) || !["OK", "INFORMATIONAL"].contains(verdict.close)
        }
        #expect(bad.isEmpty)
    }
}

/// The suite's own client, run against an echo over the same frame code as all our sockets.
enum Autobahn {
    struct Verdict {
        let behavior: String
        let close: String
    }

    private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("make-environment.sh").path
    private static let runLimit = Duration.seconds(120)

    /// The program, made below `.build` on first use; nil where it can't be had.
    static func program() async -> String? {
        // `.build/<triple>/<configuration>` → `.build/autobahn`
        let build = ServerProcess.buildFolder.deletingLastPathComponent().deletingLastPathComponent()
        let directory = build.appendingPathComponent("autobahn").path
        let program = directory + "/bin/wstest"
        if FileManager.default.fileExists(atPath: directory + "/complete") { return program }
        do {
            let making = try ChildProcess(
                "/bin/sh", [script, directory], environment: ProcessInfo.processInfo.environment)
            return try await making.waitForExit(within: .seconds(300)) == .code(0) ? program : nil
        } catch {
            // The test is then skipped by name.
            return nil
        }
    }

    /// Runs all cases and returns the verdicts by their numbers.
    ///
    /// The program ends with 0 whatever it found, also when it found no server: the caller counts.
    static func run() async throws -> [String: Verdict] {
        let program = try #require(await program())
        let folder = try TemporaryDirectory(prefix: "anteroom-autobahn")
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let server = try await GatewayServer.bind(
            host: "127.0.0.1", port: 0, router: Router(context: GatewayRequestContext.self), upgrades: EchoUpgrades(),
            group: MultiThreadedEventLoopGroup.singleton, logger: logger)
        let specification = """
            {"outdir":"\(folder.path)/reports","servers":[{"agent":"anteroom","url":"ws://127.0.0.1:\(server.port)"}],
            "cases":["1.*","2.*","3.*","4.*","5.*","6.*","7.*","10.*"],"exclude-cases":[],"exclude-agent-cases":{}}
            """
        let file = folder.path + "/cases.json"
        try specification.write(toFile: file, atomically: true, encoding: .utf8)
        let services = ServiceGroup(services: [server], logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await services.run() }
            let child = try ChildProcess(program, ["-m", "fuzzingclient", "-s", file])
            let status = try await child.waitForExit(within: runLimit)
            #expect(status == .code(0), "\(child.output.suffix(2_000))")
            await services.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        return try verdicts(in: Data(contentsOf: URL(fileURLWithPath: folder.path + "/reports/index.json")))
    }

    private static func verdicts(in report: Data) throws -> [String: Verdict] {
        struct Case: Decodable {
            let behavior: String
            let behaviorClose: String
        }
        let agents = try JSONDecoder().decode([String: [String: Case]].self, from: report)
        return (agents["anteroom"] ?? [:]).mapValues { Verdict(behavior: $0.behavior, close: $0.behaviorClose) }
    }
}

/// Says back what it is told.
private struct EchoUpgrades: WebSocketUpgrades {
    func upgrade(_ head: HTTPRequest, remote: SocketAddress?) -> UpgradeDecision {
        .accept(subprotocol: nil, maxMessageBytes: 65_536) { _ in RecordingConversation(log: ConversationLog()) }
    }
}
