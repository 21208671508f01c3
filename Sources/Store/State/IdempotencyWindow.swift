import HeapModule
import Journal

/// What keyed writes did, for as long as their keys are remembered.
///
/// - Guarantee: a remembered key is never forgotten before its time: when the window is full, new keys are refused.
/// - Bounds: `recordsMax` records, all in memory, so that the bound is the same on every replay.
struct IdempotencyWindow: Sendable, Equatable {
    struct Key: Hashable, Sendable {
        let channel: String
        let key: String
    }

    struct Record: Sendable, Equatable {
        let bodyHash: UInt64
        let epoch: Cursor
        let offset: UInt64?
        let version: UInt64?
        /// Journal time.
        let expiresAt: Int64
    }

    /// What a claim meets.
    enum Verdict: Equatable {
        case new
        case duplicate(Record)
        case conflict
        case full
    }

    static let recordsMax = 250_000

    private(set) var records: [Key: Record] = [:]
    /// When a key is due, soonest first.
    private struct Expiry: Comparable, Sendable {
        let at: Int64
        let key: Key

        static func < (left: Expiry, right: Expiry) -> Bool { left.at < right.at }
    }

    /// By expiry, soonest first, so that exactly the expired records are dropped, whatever windows they were given.
    private var order = Heap<Expiry>()
    /// Keys that the checkpoint doesn't have yet, oldest first.
    private(set) var unflushed: [Key] = []

    /// Drops what has expired.
    mutating func expire(at time: Int64) {
        while let first = order.min, first.at <= time {
            order.removeMin()
            records[first.key] = nil
        }
    }

    func verdict(on claim: IdempotencyClaim, channel: String) -> Verdict {
        let key = Key(channel: channel, key: claim.key)
        if let record = records[key] {
            return record.bodyHash == claim.bodyHash ? .duplicate(record) : .conflict
        }
        return records.count < Self.recordsMax ? .new : .full
    }

    mutating func remember(_ record: Record, as key: Key) {
        load(record, as: key)
        unflushed.append(key)
    }

    /// Takes a record from the checkpoint.
    mutating func load(_ record: Record, as key: Key) {
        records[key] = record
        order.insert(Expiry(at: record.expiresAt, key: key))
    }

    /// Only what the checkpoint doesn't have yet.
    var unflushedPart: IdempotencyWindow {
        var part = IdempotencyWindow()
        for key in unflushed { part.records[key] = records[key] }
        part.unflushed = unflushed
        return part
    }

    /// The checkpoint doesn't have these after all; they are older than those that it doesn't have yet.
    mutating func markUnflushed(_ keys: [Key]) { unflushed.insert(contentsOf: keys, at: 0) }

    mutating func markFlushed() { unflushed.removeAll(keepingCapacity: true) }

    static func == (left: Self, right: Self) -> Bool { left.records == right.records }
}
