import Foundation
import HTTPTypes
import Hummingbird
import JSONBytes
import Journal
import Logging
import Migrations
import NIOCore
import NIOEmbedded
import NIOPosix
import Store
import Synchronization
import TestSupport

@testable import Gateway

/// A real engine in a directory of its own with all routes over it, asked without a socket.
final class RouteRig: Sendable {
    static let apiKey = "an-api-key-of-more-than-32-characters"
    static let tokenSecret = "a-token-secret-of-more-than-32-characters"

    let core: GatewayCore
    let clock: RigClock
    private let responder: RouterResponder<GatewayRequestContext>
    private let directory: String

    init(
        _ configuration: GatewayConfiguration, directory: String, clock: RigClock, lane: (any FleetLane)? = nil
    ) throws {
        self.directory = directory
        self.clock = clock
        var engine = EngineConfiguration(
            directory: DataDirectory(path: directory), durability: .os, loops: Self.loops.count)
        engine.clock = clock.engineClock
        core = try GatewayCore(
            engine: try Engine(engine), configuration: configuration, terms: ServiceTerms(),
            group: Self.group, logger: .silent, lane: lane)
        responder = GatewayRouter(core: core).make().buildResponder()
    }

    static let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
    static var loops: [any EventLoop] { Array(group.makeIterator()) }

    /// Runs a body over a rig that is stopped and removed afterwards.
    static func run<Value>(
        _ configuration: GatewayConfiguration = .development, directory: String? = nil,
        lane: (any FleetLane)? = nil, _ body: (RouteRig) async throws -> Value
    ) async throws -> Value {
        let path = directory ?? Self.newDirectory()
        let rig = try RouteRig(configuration, directory: path, clock: RigClock(), lane: lane)
        do {
            let value = try await body(rig)
            rig.stop(removing: directory == nil)
            return value
        } catch {
            rig.stop(removing: directory == nil)
            throw error
        }
    }

    static func newDirectory() -> String {
        TemporaryDirectory.newPath(prefix: "anteroom-routes")
    }

    private func stop(removing: Bool) {
        _ = core.engine.stop()
        // A directory that stays behind in the temporary folder harms nobody.
        if removing { try? FileManager.default.removeItem(atPath: directory) }
    }

    struct Reply: Sendable {
        let status: Int
        let headers: HTTPFields
        let body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }
        var json: JSONText { JSONText(unchecked: body) }
        func member(_ name: String) -> String? { json.member(name)?.string }
        func field(_ name: String) -> String? { headers.first { $0.name.canonicalName == name }?.value }
    }

    /// Sends one request through all middleware and routes.
    ///
    /// - Parameter address: the socket's peer; nil for one without an address.
    func send(
        _ method: HTTPRequest.Method, _ path: String, _ body: String = "", _ fields: [String: String] = [:],
        from address: String? = nil
    ) async throws -> Reply {
        var head = HTTPRequest(method: method, scheme: "http", authority: "localhost", path: path)
        for (name, value) in fields { head.headerFields.set(name, to: value) }
        let request = Request(head: head, body: RequestBody(buffer: ByteBuffer(string: body)))
        let channel = NIOAsyncTestingChannel()
        if let address { channel.remoteAddress = try SocketAddress(ipAddress: address, port: 50_000) }
        let context = GatewayRequestContext(
            source: ApplicationRequestContextSource(channel: channel, logger: Logger(label: "test")))
        let response = try await responder.respond(to: request, context: context)
        let collector = BodyCollector()
        try await response.body.write(collector)
        return Reply(
            status: response.status.code, headers: response.headers,
            body: collector.bytes.withLock { Array($0.readableBytesView) })
    }

    /// A session's id.
    func makeSession(_ body: String = "{}", _ fields: [String: String] = [:]) async throws -> String {
        let reply = try await send(.post, "/api/sessions", body, fields)
        return reply.field("location")?.split(separator: "/").last.map(String.init) ?? ""
    }

    /// Fields that show a token.
    static func token(_ identity: Identity) throws -> [String: String] {
        let signer = TokenSigner(secret: tokenSecret)
        return ["Authorization": "Bearer " + (try signer.sign(identity, issuedAt: 0))]
    }

    static let key = ["X-API-Key": apiKey]
}

extension GatewayConfiguration {
    static let development = GatewayConfiguration()

    /// Nothing is open.
    static func production(allowAnonymous: Bool = false, namespaces: NamespaceTable = NamespaceTable()) -> Self {
        GatewayConfiguration(
            insecure: false, allowAnonymous: allowAnonymous, namespaces: namespaces,
            tokens: TokenVerifier(secret: RouteRig.tokenSecret),
            apiKeys: APIKeyPolicy(key: RouteRig.apiKey, isOpen: false))
    }
}

/// A clock that tests move on.
final class RigClock: Sendable {
    private let ahead = Atomic<Int64>(0)
    private let system = EngineClock.system()

    var engineClock: EngineClock {
        EngineClock(
            entryTime: { self.system.entryTime() + self.ahead.load(ordering: .relaxed) },
            monotonic: { self.system.monotonic() + self.ahead.load(ordering: .relaxed) })
    }

    func advance(milliseconds: Int64) { ahead.add(milliseconds, ordering: .relaxed) }
}

private final class BodyCollector: ResponseBodyWriter, Sendable {
    let bytes = Mutex(ByteBuffer())

    func write(_ buffer: ByteBuffer) async throws {
        bytes.withLock { _ = $0.writeImmutableBuffer(buffer) }
    }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
