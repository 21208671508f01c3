/// Walks along the shared stream from outside: which entries' outcomes can be computed, and from which checkpoint on.
///
/// Where the stream still has its beginning, or a checkpoint just before an entry, everything from there on is computed. What
/// was before is shown as it is.
///
/// - Guarantee: nothing is guessed: an entry is applied only where it follows a state that includes everything before it.
public struct StreamWalkStateMachine: Equatable, Sendable {
    /// What to do with an entry.
    public enum Step: Equatable, Sendable {
        /// It follows the state: apply it.
        case apply
        /// Adopt the checkpoint, then apply the entry, which follows it.
        case adopt(CheckpointPointer)
        /// Nothing tells what it did, unless a checkpoint lists it.
        case show
        /// It doesn't follow the state, which is given up: give the newest checkpoints, then ask about the entry again.
        case lost(after: Place)
    }

    /// What the state includes; nil where it is unknown.
    public private(set) var place: Place?
    /// The entry that was looked at last; nil before the first.
    public private(set) var newest: Place?
    /// Checkpoints to go on from, the oldest first.
    public var bases: [CheckpointPointer]

    /// Begins before the first entry of the stream.
    public init(bases: [CheckpointPointer]) { self.bases = bases }

    /// Takes the next entry of the stream.
    public mutating func take(_ item: Place, opening: Opening?) -> Step {
        if let place {
            guard place.isFollowed(by: item.cursor, opening) else {
                self.place = nil
                return .lost(after: place)
            }
            return known(item, .apply)
        }
        if newest == nil, opening?.parent == .start { return known(item, .apply) }
        let base = bases.first { $0.readsAfter < item.cursor && $0.place.isFollowed(by: item.cursor, opening) }
        if let base { return known(item, .adopt(base)) }
        newest = item
        return .show
    }

    private mutating func known(_ item: Place, _ step: Step) -> Step {
        (place, newest) = (item, item)
        return step
    }

    /// The checkpoint that includes just what was looked at, if the state is unknown at the end of the stream.
    ///
    /// - Parameter top: the last id that the stream gave out.
    public mutating func end(top: Cursor) -> CheckpointPointer? {
        guard place == nil, newest.map({ $0.cursor == top }) ?? true else { return nil }
        let base = bases.last { $0.place.cursor == top && (newest.map { [place = $0.place] in $0 == place } ?? true) }
        guard let base else { return nil }
        (place, newest) = (base.place, base.place)
        return base
    }
}
