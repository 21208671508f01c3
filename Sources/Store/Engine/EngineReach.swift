import Journal

extension Engine {
    /// Waits until this node has come to a place of the journal, so that a read sees the write behind it.
    ///
    /// - Bounds: ``EngineLimits/reachMilliseconds``.
    /// - Errors: `unavailable` when the place was not reached in that time, or the caller no longer waits.
    public func reach(_ cursor: Cursor) async throws(EngineError) {
        guard head < cursor else { return }
        let deadline = ContinuousClock.now + .milliseconds(EngineLimits.reachMilliseconds)
        while head < cursor {
            guard ContinuousClock.now < deadline else {
                throw EngineError(
                    .unavailable, "this node is at \(head) of the journal and did not come to \(cursor) in time")
            }
            do {
                try await Task.sleep(for: .milliseconds(EngineLimits.reachPollMilliseconds))
            } catch { throw EngineError(.unavailable, "the wait for \(cursor) of the journal was given up") }
        }
    }
}
