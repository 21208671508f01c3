/// Bounds of the journal.
public enum JournalLimits {
    /// Rows read in one step while replaying.
    public static let replayPageRows = 2_000
    /// Rows that retention deletes in one transaction, so that no round waits long.
    public static let trimChunkRows = 2_000
    /// Bytes of an entry's body: the largest document.
    public static let bodyBytesMax = 1_048_576
    /// Fixed cost of a row beside its texts, for the size bound of the table.
    public static let rowOverheadBytes = 120
}
