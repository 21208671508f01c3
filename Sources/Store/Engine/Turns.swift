/// Where an engine lives: calls its turns one at a time, always on the same thread.
///
/// A node that runs alone has a thread for it, because every commit waits for the disk. One of a fleet waits for nothing but
/// Redis: there it lives on the event loop of its link, which saves two changes of threads for each entry.
public protocol EngineHost: Sendable {
    /// Makes an engine on the host's thread, calls its turn soon, and from then on as each turn says, or when `ring` is
    /// called.
    ///
    /// - Parameters:
    ///   - make: called once; nil when the engine could not be made, and `ended` follows.
    ///   - ended: called on the host's thread after the last turn, when the engine is gone.
    func live(_ make: @escaping @Sendable () -> (any TurnTaker)?, ended: @escaping @Sendable () -> Void)

    /// There is something to do: the next turn is taken soon. Callable on any thread, also before `live` and after the end.
    func ring()
}

/// What takes turns on a host's thread.
public protocol TurnTaker: AnyObject {
    /// Does what there is to do now; says when the next turn is due.
    func turn() -> NextTurn
}

/// When the turn after a turn is due.
public enum NextTurn: Sendable, Equatable {
    /// At once: more is there already.
    case now
    /// When the host is rung, or after that many milliseconds.
    case within(milliseconds: Int64)
    /// There is none.
    case never
}
