import Gateway
import Journal
import Migrations
import Store

/// Where an import goes.
protocol ImportTarget: Sendable {
    /// The longest record that it takes, in bytes of its line.
    var lineBytesMax: Int { get }

    /// Creates what isn't there yet; one outcome for each record, in order.
    ///
    /// - Errors: ``Exit`` when nothing more can be brought.
    func bring(_ records: [ImportedRecord]) async throws -> [ImportOutcome]

    /// Leaves the target; everything that was brought is durable.
    func close() async throws
}

/// The data directory of a node that doesn't run.
struct DirectoryTarget: ImportTarget {
    private let engine: Engine
    private let records: RecordImport

    /// A document of any size that a session may have, and its envelope.
    let lineBytesMax = JournalLimits.exportLineBytesMax

    /// Opens the directory as `serve` does; a new one is made.
    init(_ settings: StoreSettings) throws {
        do throws(StorageError) {
            engine = try Engine(EngineConfiguration(settings, loops: 1))
        } catch { throw Exit(error.code == .locked ? .locked : .unavailable, error.message) }
        records = RecordImport(engine: engine, terms: ServiceTerms(settings))
    }

    func bring(_ records: [ImportedRecord]) async throws -> [ImportOutcome] {
        do throws(EngineError) {
            return try await self.records.bring(records)
        } catch {
            throw Exit(.unavailable, "The data directory takes no more: \(error.message).")
        }
    }

    func close() async throws {
        guard let failure = engine.stop() else { return }
        throw Exit(
            .unavailable,
            "Everything that was imported is in the journal, but the last checkpoint was not written: \(failure).")
    }
}
