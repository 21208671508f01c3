import NIOCore
import NIOPosix
import NIOSSL

/// How a connection is opened.
public struct RedisOpening: Sendable {
    /// From the first packet to the login: TCP, TLS, AUTH, SELECT together.
    public var deadline: TimeAmount = .seconds(5)
    /// What `CLIENT LIST` shows; letters, digits, dots and dashes.
    public var clientName = "anteroom"
    /// The bounds of the connection.
    public var limits = RedisLimits.standard

    /// Opening as it is unless something is changed.
    public init() {}
}

extension RedisConnection {
    /// Connects, encrypts, logs in and selects the database.
    ///
    /// Errors: `unreachable`, `authentication`, `timedOut`, `server`, `protocolViolation`.
    public static func connect(
        to address: RedisAddress, on eventLoop: any EventLoop, _ opening: RedisOpening = RedisOpening()
    ) async throws(RedisError) -> RedisConnection {
        do {
            return try await open(address, on: eventLoop, opening).get()
        } catch {
            throw RedisError(error)
        }
    }

    /// Connects, encrypts, logs in and selects the database.
    ///
    /// Errors: every failure is a `RedisError`, those of `connect`.
    public static func open(
        _ address: RedisAddress, on eventLoop: any EventLoop, _ opening: RedisOpening = RedisOpening()
    ) -> EventLoopFuture<RedisConnection> {
        let end = NIODeadline.now() + opening.deadline
        return context(of: address, on: eventLoop)
            .flatMap { context in transport(to: address, context, on: eventLoop, opening) }
            .flatMapErrorThrowing { throw unreachable(address, $0) }
            .flatMap { connection in
                let left = max(end - .now(), .milliseconds(1))
                return connection.logIn(opening, deadline: left).flatMapErrorThrowing { error in
                    connection.close()
                    throw unreachable(address, error)
                }
            }
    }

    private static func transport(
        to address: RedisAddress, _ context: NIOSSLContext?, on eventLoop: any EventLoop, _ opening: RedisOpening
    ) -> EventLoopFuture<RedisConnection> {
        var bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(opening.deadline)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context {
                        try channel.pipeline.syncOperations.addHandler(encryption(context, to: address))
                    }
                    let handler = RedisChannelHandler(
                        place: address.place, limits: opening.limits, eventLoop: channel.eventLoop)
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
        let channel: EventLoopFuture<any Channel>
        switch address.endpoint {
        case .unix(let path): channel = bootstrap.connect(unixDomainSocketPath: path)
        case .tcp(let host, let port):
            // A pipeline that waited for Nagle would wait for the reply before.
            bootstrap = bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelOption(.socketOption(.so_keepalive), value: 1)
            channel = bootstrap.connect(host: host, port: port)
        }
        return channel.flatMapThrowing { channel in
            let handler = try channel.pipeline.syncOperations.handler(type: RedisChannelHandler.self)
            return RedisConnection(address: address, handler: handler, eventLoop: channel.eventLoop)
        }
    }

    /// Reads the trusted authorities, off the loop: they are files.
    private static func context(
        of address: RedisAddress, on eventLoop: any EventLoop
    ) -> EventLoopFuture<NIOSSLContext?> {
        guard case .tls(let authorities) = address.encryption else { return eventLoop.makeSucceededFuture(nil) }
        return NIOThreadPool.singleton.runIfActive(eventLoop: eventLoop) {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.minimumTLSVersion = .tlsv12
            if let authorities { configuration.trustRoots = .file(authorities) }
            return try NIOSSLContext(configuration: configuration)
        }
    }

    /// A name is verified and sent along; an IP address is verified against the certificate's addresses.
    private static func encryption(_ context: NIOSSLContext, to address: RedisAddress) throws -> NIOSSLClientHandler {
        guard case .tcp(let host, _) = address.endpoint else {
            return try NIOSSLClientHandler(context: context, serverHostname: nil)
        }
        // Losing the error is safe: what is no IP address is a name.
        let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        return try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : host)
    }

    private func logIn(_ opening: RedisOpening, deadline: TimeAmount) -> EventLoopFuture<RedisConnection> {
        var commands: [RedisCommand] = []
        if let credentials = address.credentials {
            commands.append(RedisCommand(words: ["AUTH"] + [credentials.user, credentials.password].compactMap { $0 }))
        }
        if address.database != 0 { commands.append(RedisCommand("SELECT", "\(address.database)")) }
        commands.append(RedisCommand("CLIENT", "SETNAME", opening.clientName))
        let (names, database) = (commands.map(\.name), address.database)
        return send(commands, deadline: deadline).flatMapThrowing { replies in
            for (name, reply) in zip(names, replies) {
                do throws(RedisError) {
                    _ = try reply.checked()
                } catch {
                    // A database that isn't there today won't be there later.
                    if name == "SELECT", error.serverKind == .other {
                        throw RedisError.badAddress("Redis has no database \(database): \(error)")
                    }
                    // A user who may not name connections can still do everything else.
                    if error.serverKind == .noPermission { continue }
                    throw error
                }
            }
            return self
        }
    }

    private static func unreachable(_ address: RedisAddress, _ error: any Error) -> RedisError {
        switch error {
        case RedisError.closed(let text): .unreachable(text)
        case let error as RedisError: error
        default: .unreachable("no connection to Redis at \(address.place): \(sentence(error))")
        }
    }

    /// What NIO's errors say, without their types.
    private static func sentence(_ error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            if error.connectionErrors.isEmpty { return "the name \(error.host) is unknown" }
            return error.connectionErrors.map { sentence($0.error) }.joined(separator: ", ")
        case let error as IOError: return IOErrorText.text(of: error)
        case ChannelError.connectTimeout(let limit): return "no answer within \(limit.nanoseconds / 1_000_000) ms"
        default: return "\(error)"
        }
    }
}

/// The system's word for an error.
private enum IOErrorText {
    static func text(of error: IOError) -> String {
        switch error.errnoCode {
        case 2: "no such file"
        case 13: "permission denied"
        case 111, 61: "connection refused"
        default: error.description
        }
    }
}
