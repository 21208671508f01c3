import ArgumentParser
import FoundationEssentials
import Journal
import NIOPosix

/// Brings what an ActiveBits deployment keeps in Valkey.
struct ImportValkeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "valkey",
        abstract: "Bring sessions and permanent links of an ActiveBits deployment, with their remaining lives.",
        discussion: """
            Reads session:*, persistent:* and persistent-session-by-session:* and changes nothing there. What Anteroom has \
            already stays as it is, so that the command may be repeated. Ends with 0 when everything that can be read is \
            there, and with 1 when nothing could be read.
            """)

    @Argument(
        help: ArgumentHelp(
            "Where Valkey or Redis is: redis://[user:password@]host:port[/database] (VALKEY_URL, REDIS_URL); prefer the "
                + "variable when there is a password: others can see arguments.", valueName: "url"))
    var url: String?
    @Option(
        help: ArgumentHelp(
            "A node that runs (http://host:port), or the data directory of one that doesn't.",
            valueName: "node or directory"))
    var into: String
    @Option(
        help: ArgumentHelp(
            "The node's key (API_KEY); prefer the variable: others can see flags.", valueName: "value"))
    var apiKey: String?

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let address = try address(environment)
        let destination = try ImportDestination(into, apiKey: apiKey, environment: environment)
        let group = MultiThreadedEventLoopGroup.singleton
        // First, so that a Valkey that isn't there leaves no directory behind.
        let source = try await ActiveBitsSource.connect(to: address, group: group)
        let target = try destination.target(group: group)
        var run = ImportRun(from: source, into: target)
        var failure: (any Error)?
        do { try await run.run() } catch { failure = error }
        source.close()
        // The reason for which the import ended goes before a checkpoint that wasn't written.
        do { try await target.close() } catch { failure = failure ?? error }
        // An import that didn't begin has nothing to report.
        if failure == nil || run.report.found > 0 { for line in run.report.lines { Output.line(line) } }
        if let failure { throw failure }
        try Self.judge(run.report, of: address)
    }

    private func address(_ environment: [String: String]) throws -> RedisAddress {
        let named = url ?? ["VALKEY_URL", "REDIS_URL"].compactMap { environment[$0] }.first { !$0.isEmpty }
        guard let named else {
            throw Exit(.usage, "There is no URL to import from; give redis://host:port, or set VALKEY_URL.")
        }
        do throws(RedisError) { return try RedisAddress(parsing: named) } catch {
            throw Exit(.usage, ActiveBitsSource.sentence(error))
        }
    }

    /// What a run that went through means for the caller.
    static func judge(_ report: ImportReport, of address: RedisAddress) throws {
        if report.found == 0 {
            let patterns = ActiveBitsRecord.Kind.allCases.map(\.pattern).joined(separator: ", ")
            throw Output.nothing("There is no key of ActiveBits (\(patterns)) at \(address).")
        }
        guard report.hasRead else { throw Output.nothing("None of the \(report.found) keys could be read.") }
        guard report.refused == 0 else {
            throw Output.nothing("Anteroom refused \(report.refused) of the keys; the report says why.")
        }
    }
}
