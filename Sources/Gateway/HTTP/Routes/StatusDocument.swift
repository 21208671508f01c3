import Foundation
import Journal
import Store
import Synchronization

/// The answer of `/api/status`.
///
/// - Units: milliseconds since 1970, unless a name ends in `Seconds` or `Ms`.
struct StatusDocument: Encodable {
    struct Environment: Encodable {
        let nodeEnv: String
        let isDevelopment: Bool
    }

    struct Storage: Encodable {
        /// `sqlite` on a node that is alone, `valkey` on one that shares its journal.
        let mode: String
        let ttlMs: Int64
        /// Never the address itself: it holds the password.
        let valkeyUrl: String?
    }

    /// What the shared journal answers; null on a node that is alone.
    enum Valkey: Encodable {
        case none
        case pong
        case away

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .none: try container.encodeNil()
            case .pong: try container.encode(["ping": "PONG"])
            case .away: try container.encode(["error": "Redis does not answer"])
            }
        }
    }

    struct Memory: Encodable {
        let rss: Int
        let heapTotal: Int
        let heapUsed: Int
    }

    struct Process: Encodable {
        let pid: Int32
        let version: String
        let uptimeSeconds: Int64
        let memory: Memory
        let loadavg: [Double]
    }

    struct WebSockets: Encodable { let connectedClients: Int }

    struct Connections: Encodable {
        let webSockets: Int
        let eventStreams: Int
        let subscriptions: Int
        let channels: Int
    }

    struct ListedSession: Encodable {
        let id: String
        let type: String
        let created: Int64
        let lastActivity: Int64
        let ttlRemainingMs: Int64
        let expiresAt: Int64
        let socketCount: Int
        let approxBytes: Int
    }

    struct Sessions: Encodable {
        let count: Int
        /// Of the listed ones.
        let approxTotalBytes: Int
        /// Of the listed ones.
        let byType: [String: Int]
        let list: [ListedSession]
        let showSessionIds = true
    }

    struct JournalFigures: Encodable {
        let head: String
        let lineage: UInt64
        let time: Int64
        let bytes: Int
        let dirtyRows: Int
        let residentBytes: Int
        let residentSessions: Int
        let residentChannels: Int
        /// Why this start opened a new lineage, if it did.
        let openingReason: String?
        /// Nil when the node is alone.
        let fleet: FleetStatus?
    }

    struct Failure: Encodable {
        let code: String
        let message: String
    }

    let environment: Environment
    let storage: Storage
    let valkey: Valkey
    let process: Process
    let websocket: WebSockets
    let connections: Connections
    let isDraining: Bool
    let sessions: Sessions?
    let journal: JournalFigures?
    let counters: [String: Int]?
    let failure: Failure?

    init(_ core: GatewayCore, _ status: EngineStatus, channels: [String: Int], sessions: [Session]) {
        let now = core.engine.now
        let journal = JournalFigures(
            head: status.head.description, lineage: status.head.lineage, time: status.journalTime,
            bytes: status.journalBytes, dirtyRows: status.dirtyRows, residentBytes: status.residentBytes,
            residentSessions: status.residentSessions, residentChannels: status.residentChannels,
            openingReason: core.engine.openingReason, fleet: core.engine.health.fleet.map(FleetStatus.init))
        let listed = sessions.map { session in
            ListedSession(
                id: session.id, type: session.type, created: session.createdAt, lastActivity: session.touchedAt,
                ttlRemainingMs: max(0, session.deadline - now), expiresAt: session.deadline,
                socketCount: channels[Session.channel(of: session.id)] ?? 0, approxBytes: session.document.count)
        }
        self.init(
            core, channels: channels,
            sessions: Sessions(
                count: status.sessions, approxTotalBytes: listed.reduce(0) { $0 + $1.approxBytes },
                byType: Dictionary(listed.map { ($0.type, 1) }, uniquingKeysWith: +), list: listed),
            journal: journal, counters: Self.named(status.counters, core.fleet?.dropped), failure: status.failure)
    }

    init(_ core: GatewayCore, failure: EngineError) {
        self.init(core, channels: [:], sessions: nil, journal: nil, counters: nil, failure: failure)
    }

    private init(
        _ core: GatewayCore, channels: [String: Int], sessions: Sessions?, journal: JournalFigures?,
        counters: [String: Int]?,
        failure: EngineError?
    ) {
        let (figures, isOpen) = (ProcessFigures(), core.configuration.insecure)
        environment = Environment(nodeEnv: isOpen ? "development" : "production", isDevelopment: isOpen)
        let fleet = core.engine.health.fleet
        storage = Storage(
            mode: fleet == nil ? "sqlite" : "valkey", ttlMs: core.terms.sessionTTL,
            valkeyUrl: fleet == nil ? nil : "***masked***")
        valkey = fleet.map { $0.isAway ? .away : .pong } ?? .none
        process = Process(
            pid: ProcessInfo.processInfo.processIdentifier, version: ServiceVersion.current,
            uptimeSeconds: core.uptimeSeconds,
            memory: Memory(rss: figures.resident, heapTotal: figures.data, heapUsed: figures.privateResident),
            loadavg: ProcessFigures.loadAverages)
        let webSockets = core.connections.webSockets
        websocket = WebSockets(connectedClients: webSockets)
        connections = Connections(
            webSockets: webSockets, eventStreams: core.connections.count(on: .events),
            subscriptions: channels.values.reduce(0, +), channels: channels.count)
        isDraining = core.isDraining.load(ordering: .relaxed)
        (self.sessions, self.journal, self.counters) = (sessions, journal, counters)
        self.failure = failure.map { Failure(code: $0.code.rawValue, message: $0.message) }
    }

    private static func named(_ counters: EngineCounters, _ losses: Fleet.Losses?) -> [String: Int] {
        var named = [
            "rounds": counters.rounds, "entries": counters.entries, "refused": counters.refused,
            "checkpoints": counters.checkpoints, "failedCommits": counters.failedCommits,
            "recovered": counters.recovered, "notRecovered": counters.notRecovered.values.reduce(0, +),
            "failedSweeps": counters.failedSweeps,
        ]
        if let losses {
            named["malformedLaneMessages"] = losses.malformed
            named["unknownLaneMessages"] = losses.unknown
        }
        return named
    }
}
