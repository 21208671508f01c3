import Crypto
import Store

/// What the `id:` of an event says: how far its reader has come in every channel of its stream.
///
/// One channel: `<epoch>:<offset>`. Several: `<names>~<epoch>:<offset>,…` in the order of the request, where `<names>`
/// stands for the channels, so that the id of one stream is never taken for that of another.
struct EventStreamPosition: Sendable, Equatable {
    let channels: [String]
    /// Nil for a channel that was not yet joined.
    private(set) var positions: [Position?]

    private let signature: String

    /// Matches no epoch, so that whoever shows it is told.
    private static let unknown = Position(epoch: "_", offset: 0)

    init(channels: [String]) {
        self.channels = channels
        positions = channels.map { _ in nil }
        signature = channels.count > 1 ? Self.signature(of: channels) : ""
    }

    /// Takes what a returning client shows. An id that can't be read, or of another stream, becomes positions that no
    /// channel ever had: its client is told that it missed something, never left to believe that it didn't.
    mutating func resume(from id: String) {
        guard let found = parsed(id) else {
            positions = channels.map { _ in Self.unknown }
            return
        }
        positions = found
    }

    mutating func set(_ position: Position?, at index: Int) {
        guard positions.indices.contains(index) else { return }
        positions[index] = position
    }

    mutating func advance(to offset: UInt64, at index: Int) {
        guard positions.indices.contains(index) else { return }
        positions[index]?.offset = offset
    }

    /// The text of `id:`.
    var id: String {
        guard channels.count > 1 else { return positions.first.flatMap { $0 }.map(Self.text) ?? "" }
        return signature + "~" + positions.map { $0.map(Self.text) ?? "" }.joined(separator: ",")
    }

    static func text(_ position: Position) -> String { "\(position.epoch):\(position.offset)" }

    private func parsed(_ id: String) -> [Position?]? {
        guard channels.count > 1 else { return Position(shown: id).map { [$0] } }
        guard let mark = id.firstIndex(of: "~"), id[..<mark] == signature else { return nil }
        let parts = id[id.index(after: mark)...].split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count == channels.count else { return nil }
        var found: [Position?] = []
        for part in parts {
            guard !part.isEmpty else {
                found.append(nil)
                continue
            }
            guard let position = Position(shown: part) else { return nil }
            found.append(position)
        }
        return found
    }

    /// 48 bits of a hash over the names in their order.
    private static func signature(of channels: [String]) -> String {
        // A channel name has no line break, so that the joined names stand for exactly one list.
        let digest = SHA256.hash(data: Array(channels.joined(separator: "\n").utf8))
        return String(digest.prefix(6).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }, radix: 36)
    }
}
