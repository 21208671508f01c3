import ArgumentParser
import Journal

/// Starts the service.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "serve", abstract: "Start the service (the default).")

    @OptionGroup(title: "Settings") var settings: SettingFlags
    @Flag(help: "Join with the state in Redis, and throw away a data directory that it doesn't go on from.")
    var discardFile = false
    @Flag(help: "Replace the state in Redis by a data directory that it doesn't go on from.")
    var seedFromFile = false

    func run() async throws {
        guard !(discardFile && seedFromFile) else {
            throw Exit(.usage, "--discard-file and --seed-from-file contradict each other; accepted is one of them.")
        }
        let configuration = try settings.configuration()
        guard configuration.fleet != nil || !(discardFile || seedFromFile) else {
            throw Exit(.usage, "--discard-file and --seed-from-file need REDIS_URL or REDIS_NODES.")
        }
        DescriptorLimit.raise()
        let start: TailStateMachine.Start = discardFile ? .discardFile : seedFromFile ? .seedFromFile : .refuse
        let node = try await Node(configuration, start: start)
        try await node.run()
    }
}
