/// Says what an acknowledgement promises on one node.
enum Durability: String, Sendable {
    /// Committed and fsynced.
    case disk
    /// Written to the operating system.
    case os
}

/// Holds what the store has to know.
struct StoreSettings: Sendable, Equatable {
    let dataDirectory: String
    let durability: Durability
    let flushIntervalMilliseconds: Int64
    let stateCacheBytes: Int64
    let journalRetentionMilliseconds: Int64
    let journalMaximumBytes: Int64
    let idempotencyTTLMilliseconds: Int64
    let sessionTTLMilliseconds: Int64

    init(_ values: SettingValues) {
        dataDirectory = values.text(.dataDirectory) ?? "data"
        durability = values.text(.durability).flatMap(Durability.init(rawValue:)) ?? .disk
        flushIntervalMilliseconds = values.integer(.flushInterval)
        stateCacheBytes = values.integer(.stateCache)
        journalRetentionMilliseconds = values.integer(.journalRetention)
        journalMaximumBytes = values.integer(.journalSize)
        idempotencyTTLMilliseconds = values.integer(.idempotencyTTL)
        sessionTTLMilliseconds = values.integer(.sessionTTL)
    }
}
