import Gateway
import Journal
import Logging
import Migrations
import NIOCore
import NIOPosix
import ServiceLifecycle
import Store
import UnixSignals

/// One running node: engine, gateway and their life from start to a clean stop.
struct Node {
    private let configuration: Configuration
    private let group: MultiThreadedEventLoopGroup
    private let engine: Engine
    private let core: GatewayCore
    private let server: GatewayServer
    private let logger: Logger
    /// Nil for a node that runs alone.
    private let fleet: FleetLink?

    /// Seconds after the drain time at which the process ends, whatever still hangs.
    private static let hardExitSeconds = 20

    /// Names the secret that links are signed with where none is set; another word would end every link.
    private static let linkPurpose = "links"

    /// Opens the data directory and the port. The port is tried first, so that a taken one leaves nothing behind.
    ///
    /// - Parameter start: what to do with a data directory that the fleet doesn't go on from.
    init(_ configuration: Configuration, start: TailStateMachine.Start = .refuse) async throws {
        self.configuration = configuration
        logger = LogOutput.logger(level: configuration.logLevel, format: configuration.logFormat)
        group = MultiThreadedEventLoopGroup(numberOfThreads: UsableCores.count)
        configuration.gateway.tokens.keySet?.watch(logger)
        var gateway = configuration.gateway
        let tls = try configuration.tls?.open()
        try await Self.probePort(gateway, group: group)
        do throws(StorageError) {
            fleet = configuration.fleet.map { [group] in FleetLink($0, on: Self.loopOfEngine(beside: group)) }
            var terms = EngineConfiguration(configuration.store, loops: UsableCores.count)
            (terms.roomGrace, terms.roomTTL) = (
                gateway.links.graceMilliseconds, gateway.links.roomTTLMilliseconds
            )
            if let fleet { (terms.fleet, terms.host) = (fleet.terms(start: start), fleet.host) }
            engine = try Engine(terms)
        } catch {
            throw Exit(error.code == .locked ? .locked : .unavailable, error.message)
        }
        if configuration.signsLinksByJournal {
            gateway.links.secrets = LinkSecrets { [engine] in engine.secret(for: Self.linkPurpose) }
        }
        core = try GatewayCore(
            engine: engine, configuration: gateway, terms: ServiceTerms(configuration.store), group: group,
            logger: logger, lane: fleet?.lane)
        do throws(GatewayServerError) {
            server = try await GatewayServer.bind(
                host: gateway.host, port: gateway.port, router: GatewayRouter(core: core).make(),
                upgrades: ClientUpgrades(core: core), limits: TransportLimits(core), tls: tls, group: group,
                logger: logger)
        } catch {
            _ = engine.stop()
            throw Exit(.unavailable, error.description)
        }
    }

    /// Serves until SIGTERM or SIGINT, then drains: no new connections, paced goodbyes, answers to what is in flight,
    /// the last checkpoint, exit 0. A second signal ends the waiting; what was acknowledged is durable either way.
    func run() async throws {
        if let reason = engine.openingReason, reason != "new-file" {
            logger.warning("new epochs: clients are told to reload", metadata: ["reason": "\(reason)"])
        }
        StartBanner(configuration, port: server.port).print()
        var lifecycle = ServiceGroupConfiguration(
            services: [.init(service: server), .init(service: DrainMark(core: core))],
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        lifecycle.maximumGracefulShutdownDuration = .seconds(configuration.gateway.drainSeconds + Self.hardExitSeconds)
        let services = ServiceGroup(configuration: lifecycle)
        let outcome = await result(of: services)
        if let failure = engine.stop() {
            logger.warning("the last checkpoint was not written", metadata: ["error": "\(failure)"])
        }
        // The event loops end with the process: what is released on the way there may still want to run on them.
        fleet?.close()
        try outcome.get()
        logger.info("stopped")
    }

    private func result(of services: ServiceGroup) async -> Result<Void, any Error> {
        let (fleet, logger) = (fleet, logger)
        do {
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await services.run() }
                tasks.addTask { await Self.secondSignal() }
                if let fleet { tasks.addTask { try await FleetWatch(logger: logger).follow(fleet.events) } }
                // Whichever ends first ends the others: a drained server the wait, a second signal the drain, a fleet that
                // can't be joined the start.
                try await tasks.next()
                tasks.cancelAll()
            }
            return .success(())
        } catch { return .failure(error) }
    }

    /// The loop of a fleet's engine: with a single core another thread would only take turns with the sockets'.
    private static func loopOfEngine(beside group: MultiThreadedEventLoopGroup) -> any EventLoop {
        UsableCores.count == 1 ? group.next() : MultiThreadedEventLoopGroup(numberOfThreads: 1).next()
    }

    /// Returns when the process was told to end for the second time, or when the task is cancelled.
    private static func secondSignal() async {
        var count = 0
        for await _ in await UnixSignalsSequence(trapping: .sigterm, .sigint) {
            count += 1
            if count == 2 { return }
        }
    }

    /// Binds and lets go, to learn whether the port can be had before anything is created.
    private static func probePort(_ gateway: GatewayConfiguration, group: any EventLoopGroup) async throws {
        guard gateway.port != 0 else { return }
        do {
            let channel = try await ServerBootstrap(group: group)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                // Must not accept: whoever was accepted here would wait for an answer that nobody gives.
                .serverChannelOption(.autoRead, value: false)
                .bind(host: gateway.host, port: gateway.port).get()
            try await channel.close()
        } catch {
            throw Exit(.unavailable, GatewayServerError(error, host: gateway.host, port: gateway.port).description)
        }
    }
}

/// Makes the node say that it is draining from the first signal on.
private struct DrainMark: Service {
    let core: GatewayCore

    func run() async throws {
        await withGracefulShutdownHandler {
            // The error only says that the task was cancelled: the end as well.
            try? await gracefulShutdown()
        } onGracefulShutdown: {
            core.beginDraining()
        }
    }
}

extension EngineConfiguration {
    init(_ settings: StoreSettings, loops: Int) {
        self.init(
            directory: DataDirectory(path: settings.dataDirectory),
            durability: settings.durability == .disk ? .disk : .os, loops: loops)
        flushInterval = settings.flushIntervalMilliseconds
        cacheBytes = Int(clamping: settings.stateCacheBytes)
        journalRetention = settings.journalRetentionMilliseconds
        journalBytesMax = Int(clamping: settings.journalMaximumBytes)
    }
}

extension ServiceTerms {
    init(_ settings: StoreSettings) {
        self.init(
            sessionTTL: settings.sessionTTLMilliseconds, idempotencyWindow: settings.idempotencyTTLMilliseconds)
    }
}
