import Dispatch
import FoundationEssentials
import Logging
import Synchronization

/// Keeps the keys of a file that its owner replaces from time to time.
///
/// - Guarantee: a new file that can't be used changes nothing: the keys before it stay, and the log says why.
/// - Isolation: Sendable; whoever verifies only takes a lock, and the file is read on a queue of its own.
public final class KeySetFile: Sendable {
    /// What came of a look at the file.
    enum Outcome: Equatable {
        case unchanged
        case replaced(keys: Int)
        case kept(reason: String)
    }

    private struct State {
        var keys: KeySet
        /// The text that was looked at last, whether it could be used or not: one fault is told once.
        var seen: [UInt8]
    }

    /// Time between two looks. Units: seconds.
    static let intervalSeconds = 60

    private let path: String
    private let state: Mutex<State>
    private let queue = DispatchQueue(label: "anteroom.keys")

    /// Reads the file.
    ///
    /// - Errors: for a file that can't be read or used.
    public init(path: String) throws(KeyFault) {
        self.path = path
        let bytes = try Self.read(path)
        state = Mutex(State(keys: try KeySet(bytes), seen: bytes))
    }

    /// The keys that hold now.
    var keys: KeySet { state.withLock { $0.keys } }

    /// Looks at the file once a minute for as long as this object lives.
    public func watch(_ logger: Logger) {
        queue.asyncAfter(deadline: .now() + .seconds(Self.intervalSeconds)) { [weak self] in
            guard let self else { return }
            switch reread() {
            case .unchanged: break
            case .replaced(let count): logger.info("new keys for tokens", metadata: ["keys": "\(count)"])
            case .kept(let reason):
                logger.warning(
                    "the file of keys can't be used; the keys before it stay", metadata: ["error": "\(reason)"])
            }
            watch(logger)
        }
    }

    /// Takes the file's keys if it has changed.
    func reread() -> Outcome {
        do throws(KeyFault) {
            let bytes = try Self.read(path)
            guard bytes != state.withLock({ $0.seen }) else { return .unchanged }
            state.withLock { $0.seen = bytes }
            let keys = try KeySet(bytes)
            state.withLock { $0.keys = keys }
            return .replaced(keys: keys.entries.count)
        } catch { return .kept(reason: error.reason) }
    }

    private static func read(_ path: String) throws(KeyFault) -> [UInt8] {
        do { return [UInt8](try Data(contentsOf: URL(filePath: path))) } catch {
            throw KeyFault("\(path) can't be read")
        }
    }
}
