/// Bounds of the journal.
public enum JournalLimits {
    /// Rows read in one step while replaying.
    public static let replayPageRows = 2_000
    /// Rows that a reader from outside looks at in one snapshot while it searches for those that it wants.
    public static let scanRows = 50_000
    /// Rows that retention deletes in one transaction, so that no round waits long.
    public static let trimChunkRows = 2_000
    /// Bytes of an entry's body: the largest document.
    public static let bodyBytesMax = 1_048_576
    /// Bytes of an entry in an export: the largest body, and room for the rest.
    public static let exportLineBytesMax = 4 * bodyBytesMax
    /// Fixed cost of a row beside its texts, for the size bound of the table.
    public static let rowOverheadBytes = 120
}
