import ArgumentParser

/// Starts the service.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "serve", abstract: "Start the service (the default).")

    @OptionGroup(title: "Settings") var settings: SettingFlags

    func run() async throws {
        _ = try settings.configuration()
        throw Exit(.unavailable, "The service is not part of this build.")
    }
}
