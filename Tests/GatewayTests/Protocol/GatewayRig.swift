import Dispatch
import JSONBytes
import Journal
import Logging
import Migrations
import NIOCore
import NIOEmbedded
import Synchronization
import TestSupport

@testable import Gateway
@testable import Store

/// A gateway on one event loop whose time stands still until a test moves it, over an engine in a directory of its own.
final class GatewayRig: Sendable {
    let loop = NIOAsyncTestingEventLoop()
    let engine: Engine
    let core: GatewayCore
    /// The engine's entry time. Units: Unix milliseconds.
    let time: Box<Int64>
    private let clients = Mutex<[RigClient]>([])
    private let directory: TemporaryDirectory

    static let secret = "0123456789abcdef0123456789abcdef"
    static let signer = TokenSigner(secret: secret)

    private init(_ configuration: GatewayConfiguration) throws {
        directory = try TemporaryDirectory()
        var settings = EngineConfiguration(directory: directory.data, durability: .os, loops: 1)
        let time = Box(Int64(1_800_000_000_000))
        self.time = time
        settings.clock = EngineClock(entryTime: { time.value }, monotonic: EngineClock.system().monotonic)
        engine = try Engine(settings)
        core = try GatewayCore(
            engine: engine, configuration: configuration, terms: ServiceTerms(), group: loop, logger: Logger.silent)
    }

    /// Runs `body` against a fresh gateway.
    static func run(
        _ configuration: GatewayConfiguration = GatewayConfiguration(), _ body: (GatewayRig) async throws -> Void
    ) async throws {
        let rig = try GatewayRig(configuration)
        let result: Result<Void, any Error>
        do { result = .success(try await body(rig)) } catch { result = .failure(error) }
        for client in rig.clients.withLock({ $0 }) { await client.finish() }
        _ = rig.engine.stop()
        await rig.loop.shutdownGracefully()
        try result.get()
    }

    /// A configuration in which tokens and permissions count.
    static func closed(
        anonymous: Bool = false, namespaces: NamespaceTable = NamespaceTable(), pingInterval: Int64 = 25_000
    ) -> GatewayConfiguration {
        GatewayConfiguration(
            insecure: false, allowAnonymous: anonymous, namespaces: namespaces, tokens: TokenVerifier(secret: secret),
            pingIntervalMilliseconds: pingInterval)
    }

    /// A token as an application signs it.
    func token(_ user: String, seconds: Int64? = nil) throws -> String {
        let identity = Identity(user: user, expiresAt: seconds.map { time.value + $0 * 1_000 })
        return try Self.signer.sign(identity, issuedAt: time.value)
    }

    /// Opens a WebSocket; nothing was said on it yet.
    func open(dam: Dam? = nil, terms: SocketTerms = SocketTerms()) async throws -> RigClient {
        let channel = NIOAsyncTestingChannel(loop: loop)
        try await channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).get()
        let bound = try await loop.executeInContext { [core, loop] in
            guard let seat = core.seat(of: loop) else { throw ChannelError.inappropriateOperationForState }
            let connection = ClientConnection(core: core, seat: seat)
            let socket = WebSocketHandler(
                eventLoop: loop, maxMessageBytes: 65_536, terms: terms, conversation: connection)
            let pipeline = channel.pipeline.syncOperations
            if let dam { try pipeline.addHandler(DamHandler(dam: dam)) }
            try pipeline.addHandler(socket)
            socket.start()
            return NIOLoopBound(connection, eventLoop: loop)
        }
        let client = RigClient(rig: self, channel: channel, connection: bound)
        clients.withLock { $0.append(client) }
        return client
    }

    /// Opens a WebSocket and connects.
    func connect(
        token: String? = nil, dam: Dam? = nil, terms: SocketTerms = SocketTerms()
    ) async throws -> RigClient {
        let client = try await open(dam: dam, terms: terms)
        try await client.send(#"{"id":1,"connect":{\#(token.map { #""token":"\#($0)""# } ?? "")}}"#)
        _ = try await client.received()
        return client
    }

    /// Waits until everything that was asked of the engine is answered, and what follows from the answers, too.
    func settle() async {
        for _ in 0..<3 {
            // The engine answers in order, and hands over to loops before it answers this. A stopped one answers at once.
            let _: [String: Int]? = try? await engine.ask { .channels($0) }
            await loop.run()
        }
    }

    /// Channels with subscribers, as the engine knows them.
    func channels() async throws -> [String: Int] { try await engine.ask { .channels($0) } }

    /// Publishes as a server would.
    @discardableResult
    func publish(_ channel: String, _ data: String, size: UInt32 = 1_000) async throws -> UInt64 {
        let answer: WriteAnswer = try await engine.ask { .write(Self.draft(channel, data, size: size), .granted, $0) }
        await settle()
        return answer.receipt?.position?.offset ?? 0
    }

    static func draft(_ channel: String, _ data: String, size: UInt32 = 1_000) -> Draft {
        var draft = Draft(channel: channel, kind: .publish, body: Array(data.utf8))
        draft.header.history = .init(size: size, ttl: 86_400_000)
        return draft
    }

    /// Moves the time of loop and engine together, a quarter of a second at a time.
    func advance(milliseconds: Int64) async {
        var left = milliseconds
        while left > 0 {
            let step = min(left, 250)
            time.with { $0 += step }
            await loop.advanceTime(by: .milliseconds(step))
            left -= step
        }
        await settle()
    }
}

/// The other end of a connection.
final class RigClient: Sendable {
    let channel: NIOAsyncTestingChannel
    let connection: NIOLoopBound<ClientConnection>
    private let rig: GatewayRig
    private let state = Mutex<(frames: ServerFrames, closes: [UInt16], afterClose: Int)>((ServerFrames(), [], 0))

    init(rig: GatewayRig, channel: NIOAsyncTestingChannel, connection: NIOLoopBound<ClientConnection>) {
        self.rig = rig
        self.channel = channel
        self.connection = connection
    }

    /// Sends messages in one read, and waits for what follows from them.
    func send(_ messages: String...) async throws { try await send(bytes: messages.flatMap { ClientFrames.text($0) }) }

    func send(bytes: [UInt8]) async throws {
        try await channel.writeInbound(ByteBuffer(bytes: bytes))
        await rig.settle()
    }

    /// The lines that came since the last look.
    func received() async throws -> [String] {
        var lines: [String] = []
        while let buffer = try await channel.readOutbound(as: ByteBuffer.self) {
            state.withLock { state in
                state.frames.feed(buffer.readableBytesView)
                while let frame = state.frames.next() {
                    if !state.closes.isEmpty { state.afterClose += 1 }
                    if let code = frame.closeCode { state.closes.append(code) }
                    lines += frame.lines
                }
            }
        }
        return lines
    }

    /// The codes of all close frames that came; one at most, if all is well.
    func closes() async throws -> [UInt16] {
        _ = try await received()
        return state.withLock { $0.closes }
    }

    /// Frames that came behind a close.
    var framesAfterClose: Int { state.withLock { $0.afterClose } }

    /// Asks something and returns everything that comes.
    func ask(_ message: String) async throws -> [String] {
        try await send(message)
        return try await received()
    }

    /// The peer is gone without a word.
    func drop() async {
        // Closed by the other side already is what was wanted, too.
        try? await channel.close().get()
        await rig.settle()
    }

    func finish() async {
        // Losing the error is safe: the channel may have been closed by the test.
        _ = try? await channel.finish(acceptAlreadyClosed: true)
    }
}

/// Holds the engine's writer thread until it is opened.
final class EngineGate: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)
    private let isHeld = Box(false)

    init(_ engine: Engine) async throws {
        engine.submit(
            .channels(
                Return(loop: nil) { [semaphore, isHeld] _ in
                    isHeld.value = true
                    semaphore.wait()
                }))
        try await eventually("the writer thread waits") { isHeld.value }
    }

    func open() { semaphore.signal() }
}

extension Logger {
    /// Logs nothing.
    static var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}

extension String {
    /// The JSON text of a member of a line, by a path of names.
    func member(_ path: String...) -> String? {
        var text: JSONText? = JSONText(unchecked: Array(utf8))
        for name in path { text = text?.member(name) }
        return text?.string
    }
}
