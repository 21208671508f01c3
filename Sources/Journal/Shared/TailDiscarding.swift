/// Giving up a state that can't be used: the newest checkpoint takes its place.
extension TailStateMachine {
    /// The state can't be used. Nothing is delivered, posted or opened before a checkpoint was taken.
    mutating func discard() -> Step {
        isDiscarding = true
        enter(.waiting)
        return Step(suspend(.loss), next: .look(place))
    }

    /// Another node, by whose state the fleet goes, has another result: once this node begins anew with that state; when the
    /// results part again, it isn't the state.
    mutating func diverged(at cursor: Cursor) -> Step {
        guard !hasDiverged else { return halt(.diverged(cursor)) }
        hasDiverged = true
        return discard()
    }

    /// Takes the newest checkpoint, wherever it leads, or waits for one.
    mutating func replaceState(_ view: StreamView) -> Step {
        guard view.top != nil, let pointer = view.pointer, pointer.nonce != brokenPointer else {
            enter(.waiting)
            return Step(next: .pause(terms.pause))
        }
        enter(.joining)
        return Step(next: .join(pointer, hasSurplus: false))
    }
}
