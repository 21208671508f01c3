import Store

/// What a stream is to bring, all checked.
struct EventStreamPlan: Sendable {
    /// One channel of it.
    struct Channel: Sendable {
        let name: String
        let access: SessionAccess
        /// False for a channel without history: it has no positions.
        let isRecoverable: Bool
        /// A reader that is slow goes without ephemeral publications.
        var dropsEphemeral = false
    }

    let channels: [Channel]
    /// Whose stream it is; "" for nobody's.
    let user: String
    /// What a returning client showed; nil for a new one.
    let lastEventID: String?
    /// 0 for none.
    let heartbeatMilliseconds: Int64
    /// Until the caller's credentials end; nil for ever.
    let lifeMilliseconds: Int64?
}
