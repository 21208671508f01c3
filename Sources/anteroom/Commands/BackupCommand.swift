import ArgumentParser
import Journal
import Migrations

/// Copies a node's file.
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copy the file of a node, running or not, into one consistent file.")

    @Argument(help: "Where the copy goes.") var file: String
    @Flag(help: "Replace the file if it exists.") var force = false
    @OptionGroup var data: DataDirectoryFlag

    func run() async throws {
        do {
            let receipt = try Backup.run(data.directory, to: file, replacing: force)
            let newest = try JournalReader(try ReadOnlyFile(path: file)).newest()
                .map { "includes everything up to entry \($0)" }
            Output.line("\(receipt.path) has \(receipt.bytes) bytes and \(newest ?? "includes no entry").")
            Output.line(
                "To use it, put it as anteroom.sqlite into an empty directory: a node that starts there begins new epochs,"
                    + " so that clients reload.")
        } catch let error as StorageError {
            throw Exit(error)
        } catch let error as JournalError { throw Exit(error) }
    }
}
