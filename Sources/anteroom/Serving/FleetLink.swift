import Journal
import NIOCore
import Store
import Synchronization

/// A node's way into its fleet: made before the engine, which starts it.
final class FleetLink: Sendable {
    /// What happens between the start and the moment that the node serves.
    enum Event: Sendable {
        /// Redis can't be used yet; it is tried again.
        case waiting(String)
        /// Waiting mends nothing.
        case failed(String)
        case news(FleetNews)
        /// Another node has another result at the same cursor.
        case diverged(from: UInt64, at: Cursor)
    }

    /// In order; for one reader.
    let events: AsyncStream<Event>
    private let source: AsyncStream<Event>.Continuation
    private let settings: FleetSettings
    /// Where the link and the engine live.
    let host: EngineLoop
    private let link = Mutex<SharedLink?>(nil)

    /// Events that nobody read yet; the oldest are dropped.
    private static let eventsMax = 256

    /// - Parameter loop: one with nothing else to do, where the process has a core for it.
    init(_ settings: FleetSettings, on loop: any EventLoop) {
        self.settings = settings
        host = EngineLoop(loop)
        (events, source) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(Self.eventsMax))
    }

    /// What the engine needs to share its journal.
    func terms(start: TailStateMachine.Start) -> FleetTerms {
        var tail = TailStateMachine.Terms()
        tail.lease = settings.leaseMilliseconds
        let source = source
        return FleetTerms(
            start: start, tail: tail, waitsForReplicas: settings.waitReplicas > 0,
            notify: { source.yield(.news($0)) }, makeLink: { [self] in make($0) })
    }

    private func make(_ start: LinkStart) -> any JournalLink {
        var configuration = SharedConfiguration(target: settings.target)
        configuration.prefix = settings.prefix
        configuration.waitReplicas = settings.waitReplicas
        configuration.terms.lease = settings.leaseMilliseconds
        // A lease is renewed and looked at several times while it lasts; one look in a lease would find every node new.
        configuration.terms.tick = min(configuration.terms.tick, settings.leaseMilliseconds / 4)
        let source = source
        configuration.onStartProblem = { error, isFatal in
            source.yield(isFatal ? .failed(error.description) : .waiting(error.description))
        }
        configuration.onDivergence = { source.yield(.diverged(from: $0, at: $1)) }
        let made = SharedLink(configuration, tail: start.tail, eventLoop: host.loop, receive: start.receive)
        link.withLock { $0 = made }
        return made
    }

    /// The lane beside the journal; nil before the engine was made.
    var lane: (any FleetLane)? { link.withLock { $0?.lane } }

    /// Ends the events; the engine has stopped the link before.
    func close() { source.finish() }
}
