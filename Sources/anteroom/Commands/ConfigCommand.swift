import ArgumentParser

/// Prints the effective configuration.
struct ConfigCommand: AsyncParsableCommand {
    /// How the answer is written.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case table
        case json
    }

    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Print the effective settings and where each came from; secrets are masked.")

    @Option(help: "table, for people, or json, for programs.") var format: Format = .table
    @Flag(help: "Print what could be set instead: variables, flags, keys of the file.") var keys = false
    @OptionGroup(title: "Settings") var settings: SettingFlags

    func run() async throws {
        if keys {
            print(ConfigurationReport.keys())
        } else {
            let report = ConfigurationReport(try settings.configuration())
            print(format == .json ? report.json : report.table)
        }
    }
}
