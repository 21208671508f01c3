import Journal
import Store

/// The promises of DESIGN section 3, checked over everything that any node of a schedule did.
struct Invariants {
    struct Acknowledgement {
        let node: Int
        let incarnation: Int
        let epochBase: Cursor
    }

    private struct Offset: Hashable {
        let epoch: String
        let channel: String
        let offset: UInt64
    }

    private(set) var violations: [String] = []
    private var shown: [Offset: [UInt8]] = [:]
    private var digests: [Place: UInt64] = [:]
    var acknowledged: [EntryID: Acknowledgement] = [:]

    mutating func violate(_ text: String) {
        if violations.count < 5 { violations.append(text) }
    }

    /// A node showed a publication to somebody.
    mutating func show(_ publication: Publication, channel: String, epoch: String, by node: Int) {
        let key = Offset(epoch: epoch, channel: channel, offset: publication.offset)
        let content = Array(publication.data)
        if let before = shown[key], before != content {
            let texts = [before, content].map { String(decoding: $0, as: UTF8.self) }
            violate("\(channel) \(epoch):\(publication.offset) is \(texts[0]), and \(texts[1]) on node \(node)")
        }
        shown[key] = content
    }

    /// A node stands somewhere.
    mutating func stand(_ state: SimulatedState, node: Int) {
        if let before = digests[state.place], before != state.digest {
            violate("node \(node) has another state at \(state.place) than somebody had there")
        }
        digests[state.place] = state.digest
        if let twice = state.keys.first(where: { $0.value > 1 }) { violate("key \(twice.key) took effect twice") }
    }
}
