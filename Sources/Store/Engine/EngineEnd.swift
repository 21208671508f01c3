import Journal
import Migrations

extension EngineCore {
    /// Leaves a clean directory: everything in the checkpoint, an empty write-ahead log, the clean mark.
    func finish() {
        refuseRest()
        flush()
        do {
            try file.walCheckpoint(truncating: true)
            if writer.refusal == nil { try journal.markClean() }
            try file.close()
        } catch {
            // Without the clean mark the next start looks as after a kill -9, which loses nothing acknowledged.
            shared.stopFailed("\(error)")
        }
    }

    /// Takes what came at the last moment, and answers everybody who still waits.
    private func refuseRest() {
        let rest = mailbox.end()
        round { for request in rest { handle(request) } }
        if let fleet { failAll(EngineError(.outcomeUnknown, "the node stopped before the entry came back"), fleet) }
        release(failed: nil)
        let stopping = EngineError(.stopping, "the node is stopping")
        for request in barrier.takeAll() { shared.refuse(request, with: stopping) }
    }
}
