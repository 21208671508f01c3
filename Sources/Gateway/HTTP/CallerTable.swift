import HTTPTypes
import NIOCore
import Synchronization

/// Counts the connections of each address, so that one can't take them all.
///
/// Loopback and sockets without an address are not counted: what connects from there is this machine's own, or a proxy.
///
/// - Isolation: safe from everywhere; the lock is held for one step in a dictionary.
/// - Bounds: one entry for each address that has a connection.
package final class CallerTable: Sendable {
    /// Connections that an address may have; 0 is any number.
    private let limit: Int
    private let counts = Mutex<[IPAddress: Int]>([:])

    /// A place among the connections of one address; given back when nobody holds it any more.
    package final class Place: Sendable {
        private let table: CallerTable
        private let address: IPAddress

        fileprivate init(_ table: CallerTable, _ address: IPAddress) { (self.table, self.address) = (table, address) }

        deinit { table.giveBack(address) }
    }

    /// What becomes of a connection.
    package enum Verdict {
        /// It is not counted.
        case free
        case counted(Place)
        case tooMany
    }

    /// Creates a table without anybody in it.
    package init(limit: Int) { self.limit = limit }

    /// Takes a place for one more connection.
    package func admit(_ caller: SocketAddress?) -> Verdict {
        guard limit > 0, let host = caller.flatMap({ IPAddress($0) }), !host.isLoopback else { return .free }
        let address = host.subscriber
        let hasRoom = counts.withLock { counts in
            let count = counts[address, default: 0]
            guard count < limit else { return false }
            counts[address] = count + 1
            return true
        }
        return hasRoom ? .counted(Place(self, address)) : .tooMany
    }

    /// Addresses that have a connection.
    package var addressCount: Int { counts.withLock { $0.count } }

    private func giveBack(_ address: IPAddress) {
        counts.withLock { counts in
            guard let count = counts[address] else { return }
            counts[address] = count > 1 ? count - 1 : nil
        }
    }
}

extension Problem {
    /// The answer to a connection of an address that has as many as it may.
    static let addressLimit = Problem(
        .tooManyRequests, code: "address-limit", detail: "This address has as many connections as it may.",
        retryAfter: 5)
}
