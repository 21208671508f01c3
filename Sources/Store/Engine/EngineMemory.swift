import Journal
import Migrations

extension EngineCore {
    /// A commit failed: nothing of its round may stay.
    func undoRound(after error: EngineError) {
        counters.failedCommits += 1
        journal.discard()
        for (channel, loop) in opened { _ = directory.remove(channel, loop: loop) }
        writer.commitFailed(error, at: clock.monotonic())
    }

    /// Throws memory away and reads it back from the file. Never with a shared journal: there memory is ahead of the file.
    func rebuildMemory() {
        guard fleet == nil else { return }
        do throws(JournalError) {
            state = try State.rebuild(from: file, journal: journal, cacheBytes: configuration.cacheBytes)
            try releaseSurvivors()
            memoryFailure = nil
        } catch { memoryFailure = EngineError(.unavailable, error.message) }
    }

    /// Hands over what a failed round left in the file all the same: its writers were told "outcome unknown", but
    /// subscribers would see a gap in front of the next publication.
    private func releaseSurvivors() throws(JournalError) {
        guard released < state.head else { return }
        while released < state.head {
            let rows = try journal.rows(after: released, limit: JournalLimits.replayPageRows)
            guard let last = rows.last else { break }
            for row in rows {
                if let publication = Publication(row) { fanOut(publication, to: row.entry.channel) }
            }
            released = last.cursor
        }
        release(failed: nil)
    }

    /// Gives memory back while it is over its budget. With a shared journal the file must have a publication first:
    /// recovery reads there what memory gave up.
    func evict() {
        guard state.residentBytes > configuration.cacheBytes else { return }
        if journal.unwritten > 0 { flush() }
        state.evict(toBytes: configuration.cacheBytes / 10 * 9, isFileWhole: journal.unwritten == 0)
    }
}

extension StorageError {
    /// What a failure of the journal means for a start.
    init(_ error: JournalError) {
        switch error.code {
        case .diskFull: self.init(.diskFull, error.message)
        case .corrupt: self.init(.corrupt, error.message)
        case .outcomeUnknown, .notReplicated, .busy, .unavailable: self.init(.inputOutput, error.message)
        }
    }
}
