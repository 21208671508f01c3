import JSONBytes
import NIOCore
import Store
import Synchronization

/// What `info` says of one node.
struct NodeInfo: Sendable, Equatable {
    let uid: String
    let name: String
    let version: String
    let clients: Int
    /// Users with a connection; anonymous clients are none.
    let users: Int
    let subscriptions: Int
    let channels: Int
    /// Units: seconds.
    let uptime: Int
    /// Units: bytes.
    let resident: Int

    /// Appends the object of Centrifugo's server API.
    func append(to out: inout [UInt8]) {
        out.appendASCII("{\"uid\":")
        out.appendJSONString(uid)
        out.appendASCII(",\"name\":")
        out.appendJSONString(name)
        out.appendASCII(",\"version\":")
        out.appendJSONString(version)
        out.appendASCII(",\"num_clients\":")
        out.appendDecimal(clients)
        out.appendASCII(",\"num_users\":")
        out.appendDecimal(users)
        out.appendASCII(",\"num_subs\":")
        out.appendDecimal(subscriptions)
        out.appendASCII(",\"num_channels\":")
        out.appendDecimal(channels)
        out.appendASCII(",\"uptime\":")
        out.appendDecimal(uptime)
        out.appendASCII(",\"process\":{\"rss\":")
        out.appendDecimal(resident)
        out.appendASCII("}}")
    }
}

/// Where a node's info comes from.
struct NodeFacts: Sendable {
    /// The node's origin where it has one, in hexadecimal digits.
    let uid: String
    let name: String
    let connections: ConnectionCount
    let startedAt: ContinuousClock.Instant
    let seats: [LoopSeat]

    /// Asks every event loop for its users.
    ///
    /// - Parameter channels: subscribers by channel, as the engine counts them.
    func info(channels: [String: Int], on loop: any EventLoop) -> EventLoopFuture<NodeInfo> {
        let asked = seats.map { seat in seat.eventLoop.submit { seat.hub.value.users.names } }
        return EventLoopFuture.whenAllSucceed(asked, on: loop).map { names in
            NodeInfo(
                uid: uid, name: name, version: ServiceVersion.current, clients: connections.total,
                users: names.reduce(into: Set<String>()) { $0.formUnion($1) }.count,
                subscriptions: channels.values.reduce(0, +), channels: channels.count,
                uptime: Int(clamping: (ContinuousClock.now - startedAt).components.seconds),
                resident: Int(clamping: ProcessFigures().resident))
        }
    }
}
