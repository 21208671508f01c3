import Journal

extension CheckpointContent {
    /// What the checkpoint says about entries before it: outcomes of the publications that recovery may use, by their places.
    ///
    /// - Errors: `corrupt` when the content isn't whole, or is of another format.
    public func retainedOutcomes() throws(JournalError) -> [Journal.Cursor: Outcome] {
        var input = try ContentReader(chunks)
        _ = try ContentFormat.readHead(&input)
        while try input.flag() { _ = (try input.number(), try input.cursor()) }
        while try input.flag() { _ = (try input.number(), try input.number(), try input.signed()) }
        while try input.flag() { _ = try ContentFormat.readIdempotency(&input) }
        while try input.flag() { _ = (try input.text(), try input.signed()) }
        while try input.flag() { _ = try RoomFormat.read(&input) }
        while try input.flag() { _ = try ContentFormat.readSession(&input) }
        var (coding, outcomes): (RetainedCoding, [Journal.Cursor: Outcome]) = (RetainedCoding(), [:])
        while try input.flag() {
            let channel = try ContentFormat.readChannel(&input).channel
            let publications = try coding.read(&input, of: channel)
            _ = try RetainedBodies.read(publications, &input)
            for publication in publications {
                outcomes[publication.cursor] = Outcome(
                    epoch: channel.epoch, offset: publication.offset, version: publication.version)
            }
        }
        return outcomes
    }
}
