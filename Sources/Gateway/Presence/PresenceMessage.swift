/// Somebody joined or left a channel.
struct PresenceChange: Sendable, Equatable {
    let channel: String
    let member: PresenceMember
    let isJoin: Bool
}

/// What nodes tell each other about presence.
///
/// Each node tells of its own connections only. The counter of a node grows by one with each delta; digests and tables name
/// the counter that they stand behind.
enum PresenceMessage: Sendable, Equatable {
    case delta(counter: UInt64, [PresenceChange])
    /// Everything up to the counter adds up to the mark.
    case digest(counter: UInt64, PresenceMark)
    case table(PresencePage)
    /// Asks one node for its table; whoever hears the answer takes it.
    case ask(UInt64)
}

/// A part of a node's whole table. The pages of one table follow each other on the lane, with no delta in between.
struct PresencePage: Sendable, Equatable {
    struct Entry: Sendable, Equatable {
        let channel: String
        let member: PresenceMember
    }

    let counter: UInt64
    /// From 0.
    let page: UInt32
    /// How many pages the table has; at least 1, and 1 for an empty table.
    let pages: UInt32
    let entries: [Entry]

    /// A table in pages; nil when it has more than a table may have.
    static func pages(_ entries: [Entry], counter: UInt64) -> [PresencePage]? {
        var (pages, page, bytes): ([[Entry]], [Entry], Int) = ([], [], 0)
        for entry in entries {
            let isFull =
                page.count == PresenceLimits.pageMembersMax
                || !page.isEmpty && bytes + entry.sizeBytes > PresenceLimits.messageBytesMax
            if isFull {
                pages.append(page)
                (page, bytes) = ([], 0)
            }
            page.append(entry)
            bytes += entry.sizeBytes
        }
        pages.append(page)
        guard let count = UInt32(exactly: pages.count), count <= PresenceLimits.pagesMax else { return nil }
        return pages.enumerated().map { index, entries in
            PresencePage(counter: counter, page: UInt32(clamping: index), pages: count, entries: entries)
        }
    }
}

extension PresencePage.Entry {
    fileprivate var sizeBytes: Int { channel.utf8.count + member.sizeBytes }
}

extension PresenceChange {
    /// Bytes that the change takes in a message, roughly.
    var sizeBytes: Int { channel.utf8.count + member.sizeBytes }
}
