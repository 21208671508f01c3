import Journal

/// The history of session channels: the same whichever surface wrote, because the entry carries it.
public enum SessionHistory {
    /// What a session's channel keeps for those who come back.
    public static let window = HistoryWindow(size: 1_000, ttl: 86_400_000)
}
