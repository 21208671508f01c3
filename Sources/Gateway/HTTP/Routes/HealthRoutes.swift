import Foundation
import HTTPTypes
import Hummingbird
import JSONBytes
import Store
import Synchronization

/// `/health*`: for load balancers and people; nothing in them names anybody.
///
/// - Guarantee: none of them waits for the engine, so that they answer when it hangs.
struct HealthRoutes: Sendable {
    let core: GatewayCore

    var routes: [GatewayRoute] {
        [
            GatewayRoute(.get, "/health/live", needs: .nothing) { _, _ in live() },
            GatewayRoute(.get, "/health/ready", needs: .nothing) { _, _ in ready() },
            GatewayRoute(.get, "/health", needs: .nothing) { _, _ in health() },
            GatewayRoute(.get, "/health-check", needs: .nothing) { _, _ in check() },
        ]
    }

    private func live() -> Response { Response(json: Self.opening("alive") + Array("}".utf8)) }

    private func ready() -> Response {
        let verdict = verdict
        if verdict.isFull {
            return Response(json: Self.opening("full") + Array("}".utf8), status: .serviceUnavailable)
        }
        guard !verdict.reasons.isEmpty else { return Response(json: Self.opening("ready") + Array("}".utf8)) }
        var out = Self.opening(verdict.isReady ? "degraded" : "not_ready")
        out.appendASCII(",\"reasons\":[")
        for (index, reason) in verdict.reasons.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            out.appendJSONString(reason)
        }
        out.appendASCII("]}")
        return Response(json: out, status: verdict.isReady ? .ok : .serviceUnavailable)
    }

    private func health() -> Response {
        let verdict = verdict
        var out = Self.opening(verdict.status)
        out.appendASCII(",\"uptime\":")
        out.appendDecimal(core.uptimeSeconds)
        out.appendASCII(",\"connections\":{\"total\":")
        out.appendDecimal(core.connections.total)
        out.appendASCII("},\"memory\":")
        Self.append(ProcessFigures(), to: &out)
        out.appendASCII(",\"journal\":{\"mode\":")
        out.appendJSONString(core.engine.health.fleet == nil ? "embedded" : "shared")
        out.appendASCII(",\"status\":")
        out.appendJSONString(verdict.journal)
        if let reason = verdict.reasons.first {
            out.appendASCII(",\"reason\":")
            out.appendJSONString(reason)
        }
        out.appendASCII("}}")
        return Response(json: out, status: verdict.status == "unhealthy" ? .serviceUnavailable : .ok)
    }

    /// Fails while this node can't do its work, which one that is stopping or without Redis still does.
    private func check() -> Response {
        let isWell = HealthVerdict(core.engine.health, isDraining: false).isReady
        var out: [UInt8] = Array("{\"status\":".utf8)
        out.appendJSONString(isWell ? "ok" : "failing")
        out.appendASCII(",\"memory\":")
        Self.append(ProcessFigures(), to: &out)
        out.append(UInt8(ascii: "}"))
        return Response(json: out, status: isWell ? .ok : .serviceUnavailable)
    }

    private var verdict: HealthVerdict {
        HealthVerdict(
            core.engine.health, isDraining: core.isDraining.load(ordering: .relaxed),
            isFull: core.connections.total >= core.configuration.traffic.softConnections,
            requiresJournal: core.configuration.readyRequiresJournal)
    }

    private static func opening(_ status: String) -> [UInt8] {
        var out: [UInt8] = Array("{\"status\":".utf8)
        out.appendJSONString(status)
        out.appendASCII(",\"timestamp\":")
        out.appendJSONString(Date().formatted(.iso8601))
        return out
    }

    static func append(_ figures: ProcessFigures, to out: inout [UInt8]) {
        out.appendASCII("{\"rss\":")
        out.appendDecimal(figures.resident)
        out.appendASCII(",\"heapTotal\":")
        out.appendDecimal(figures.data)
        out.appendASCII(",\"heapUsed\":")
        out.appendDecimal(figures.privateResident)
        out.append(UInt8(ascii: "}"))
    }
}

extension GatewayCore {
    /// Whole seconds since the start.
    var uptimeSeconds: Int64 { (ContinuousClock.now - startedAt).components.seconds }
}
