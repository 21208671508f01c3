import ArgumentParser
import Migrations
import Store

/// Verifies a data directory.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Verify a data directory, also that of a running node.",
        discussion: "One line per invariant; ends with 0 when all hold and with 1 when one doesn't. Nothing is written."
    )

    @OptionGroup var data: DataDirectoryFlag

    func run() async throws {
        let isOK: Bool
        do throws(StorageError) {
            isOK = try DirectoryCheck.run(data.directory, bootID: currentBootID()) { Output.line($0.line) }
        } catch { throw Exit(error) }
        guard isOK else { throw ExitCode.failure }
    }
}
