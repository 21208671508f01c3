import ArgumentParser
import Gateway
import Glibc

/// The command line.
@main
struct Anteroom: AsyncParsableCommand {
    static let version = ServiceVersion.current

    static let configuration = CommandConfiguration(
        commandName: "anteroom",
        abstract: "A durable session service with journaled pub/sub.",
        discussion:
            "Every setting is a flag, an environment variable and a key of the file that --config names, in this order.",
        version: version,
        subcommands: [
            ServeCommand.self, ReplayCommand.self, CheckCommand.self, BackupCommand.self, ConfigCommand.self,
            ImportCommand.self, TokenCommand.self,
        ],
        defaultSubcommand: ServeCommand.self)

    /// Runs the command; whatever goes wrong is one sentence, without the usage that scrolls it away.
    static func main() async {
        do {
            var command = try await asyncParseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let error as Exit {
            error.leave()
        } catch let error as ConfigurationError {
            Exit(error).leave()
        } catch {
            let code = exitCode(for: error)
            guard code == .validationFailure else { exit(withError: error) }
            Exit(.usage, sentence(message(for: error))).leave()
        }
    }

    /// The parser's message as a sentence that says where to look.
    static func sentence(_ message: String) -> String {
        let text = message.split(separator: "\n").joined(separator: " ")
        let isEnded = text.hasSuffix(".") || text.hasSuffix("?")
        return text + (isEnded ? "" : ".") + " (anteroom --help)"
    }
}
