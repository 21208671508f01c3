import ArgumentParser

/// Starts the service.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "serve", abstract: "Start the service (the default).")

    @OptionGroup(title: "Settings") var settings: SettingFlags

    func run() async throws {
        DescriptorLimit.raise()
        let node = try await Node(settings.configuration())
        try await node.run()
    }
}
