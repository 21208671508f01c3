import Dispatch
import Journal
import Migrations
import Synchronization

/// The serial engine of a node: takes requests from any thread, answers in rounds.
///
/// - Guarantee: nothing leaves before it is durable: answers, publications and reads of a round are handed over after its
///   commit. Requests of one caller are taken in order.
/// - Isolation: Sendable; the state lives on one thread, its host's (an actor hop would cost 50 µs).
/// - Bounds: `EngineLimits`; what doesn't fit is answered `busy`, never dropped silently.
public final class Engine: Sendable {
    private let mailbox: Mailbox
    let shared: EngineShared
    private let clock: EngineClock
    /// Why this start opened a new lineage; nil when it went on with the old one.
    public let openingReason: String?

    /// Opens the data directory and begins to take turns on the host's thread; blocks the calling thread, which must be
    /// another one.
    ///
    /// - Errors: everything that keeps the node from serving, as one sentence.
    public init(_ configuration: EngineConfiguration) throws(StorageError) {
        let host = configuration.host
        let (mailbox, shared) = (Mailbox { host.ring() }, EngineShared(clock: configuration.clock))
        let start = EngineStart()
        host.live {
            do throws(StorageError) {
                let core = try EngineCore(configuration, mailbox: mailbox, shared: shared)
                start.finish(.success(core.startFacts))
                return core
            } catch {
                start.finish(.failure(error))
                return nil
            }
        } ended: {
            shared.markStopped()
        }
        let facts = try start.wait().get()
        (self.mailbox, self.shared, clock) = (mailbox, shared, configuration.clock)
        openingReason = facts.openingReason
    }

    /// Gives an event loop its number; its receiver gets the loop's hand-overs from now on.
    public func attach(_ receiver: any RoundReceiver) -> Int { shared.attach(receiver) }

    /// Queues a request.
    public func submit(_ request: Request) { submit([request]) }

    /// Queues requests in order. When they don't fit, each is answered with `busy` (or `stopping`) right away.
    public func submit(_ requests: [Request]) {
        guard let error = mailbox.put(requests) else { return }
        for request in requests {
            // What ends something is taken even where its company doesn't fit.
            guard error.code == .busy, request.endsSomething, mailbox.put([request]) == nil else {
                shared.refuse(request, with: error)
                continue
            }
        }
    }

    /// Asks for something and waits for the answer.
    public func ask<Value: Sendable>(
        _ request: (Return<Value>) -> Request
    ) async throws(EngineError) -> Value {
        let result: Result<Value, EngineError> = await withCheckedContinuation { continuation in
            submit(request(Return(loop: nil) { continuation.resume(returning: $0) }))
        }
        return try result.get()
    }

    /// Whether writes are taken; costs a lock, never waits for the engine.
    public var health: EngineHealth { shared.health }

    /// Returns once everything up to a cursor was applied here.
    ///
    /// - Errors: `unavailable` when that takes longer than a second, or the cursor is of another journal.
    public func reach(_ cursor: Cursor) async throws(EngineError) {
        _ = try await ask { .reach(cursor, $0) }
    }

    /// Milliseconds since 1970 by the engine's clock.
    public var now: Int64 { clock.entryTime() }

    /// Turns an idempotency key into an id, the same for every retry; see `SessionID`. A node that has not joined its fleet
    /// yet refuses the write that follows, and gives a random id: without the fleet's secret any other could be guessed.
    public func sessionID(forKey key: String, owner: String) -> String {
        let secret = shared.idSecret
        return secret.isEmpty ? SessionID.random() : SessionID.derived(fromKey: key, owner: owner, secret: secret)
    }

    /// A secret of the journal for one purpose: the same on every node and after every restart. Empty on a node that has not
    /// joined its fleet yet.
    public func secret(for purpose: String) -> [UInt8] {
        let secret = shared.idSecret
        return secret.isEmpty ? [] : SessionID.secret(for: purpose, from: secret)
    }

    /// Refuses new requests, finishes those that wait, writes a last checkpoint and closes the file.
    ///
    /// Returns once the last turn was taken; blocks the calling thread, which must not be the host's.
    ///
    /// - Returns: nil, or why the directory was not left clean (nothing acknowledged is lost then, either).
    public func stop() -> String? {
        mailbox.close()
        shared.waitUntilStopped()
        return shared.stopFailure
    }
}

/// The hand-over of the engine's start to whoever waits for it.
private final class EngineStart: Sendable {
    private let result = Mutex<Result<EngineStartFacts, StorageError>?>(nil)
    private let done = DispatchSemaphore(value: 0)

    func finish(_ value: Result<EngineStartFacts, StorageError>) {
        let isFirst = result.withLock { result in
            defer { if result == nil { result = value } }
            return result == nil
        }
        if isFirst { done.signal() }
    }

    func wait() -> Result<EngineStartFacts, StorageError> {
        done.wait()
        return result.withLock { $0 } ?? .failure(StorageError(.inputOutput, "the engine did not start"))
    }
}

/// What the engine knows right after its start.
struct EngineStartFacts: Sendable {
    let openingReason: String?
}
