import Dispatch
import Journal
import Migrations

/// A list of sessions that an operator waits for.
struct SessionListing: Sendable {
    let type: String?
    let after: String
    let limit: Int
    let to: Return<[Session]>
}

extension HistoryReader {
    /// Reads a list and answers it; the checkpoint must be up to date.
    func list(_ listing: SessionListing, at time: Int64, from file: DatabaseFile, through shared: EngineShared) {
        let limit = max(0, min(listing.limit, EngineLimits.listedSessionsMax))
        operators.async {
            do throws(StorageError) {
                let rows = try file.read {
                    try CheckpointTable.sessions($0, type: listing.type, after: listing.after, limit: limit)
                }
                shared.deliver(.success(rows.filter { !$0.isOver(at: time) }), to: listing.to)
            } catch { shared.deliver(.failure(EngineError(.unavailable, error.message)), to: listing.to) }
        }
    }

    /// Reads a checkpoint for other nodes in one snapshot.
    func checkpoint(
        from file: DatabaseFile, keeping retention: RetainedPublications.Retention,
        then done: @escaping @Sendable (Result<CheckpointContent, JournalError>) -> Void
    ) {
        operators.async {
            done(
                Result { () throws(JournalError) in
                    do throws(StorageError) {
                        return try file.read { try CheckpointContent.write(from: $0, retention: retention) }
                    } catch { throw JournalError(error) }
                })
        }
    }

    /// Completes a status with the number of live sessions.
    func count(
        for status: EngineStatus, from file: DatabaseFile, through shared: EngineShared, _ to: Return<EngineStatus>
    ) {
        operators.async {
            var status = status
            // The count is a nicety: a file that can't be read now is told by `failure`.
            status.sessions = (try? file.read { try CheckpointTable.liveSessions($0) }) ?? 0
            shared.deliver(.success(status), to: to)
        }
    }
}
