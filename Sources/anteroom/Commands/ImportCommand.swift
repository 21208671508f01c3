import ArgumentParser

/// Brings sessions of other services into Anteroom.
struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Bring the sessions of another service into Anteroom.",
        subcommands: [ImportValkeyCommand.self])
}
