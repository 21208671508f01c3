import JSONBytes
import NIOCore
import Store

/// The calls of the server API that act on all nodes, or ask them.
struct FleetCalls: Sendable {
    let core: GatewayCore

    /// Subscribers by channel, summed over the fleet.
    ///
    /// - Parameter glob: the compiled pattern; nil for all channels.
    func channels(_ pattern: String, _ glob: ChannelGlob?) async throws(ServerError) -> [String: Int] {
        var totals = try await ownChannels().filter { name, _ in glob?.matches(name) ?? true }
        for contents in try await others(.channels(pattern: pattern)).values {
            for case .channels(let counts) in contents {
                totals.merge(counts) { left, right in left &+ right }
            }
        }
        return totals
    }

    /// Every node, in the order of their ids.
    func nodes() async throws(ServerError) -> [NodeInfo] {
        let channels = try await ownChannels()
        guard let loop = core.seats.first?.eventLoop else { return [] }
        let own: NodeInfo
        do { own = try await core.facts.info(channels: channels, on: loop).get() } catch {
            throw ServerError(EngineError(.stopping, "the event loops are stopping"), .read)
        }
        var nodes = [own]
        for contents in try await others(.info).values {
            for case .info(let info) in contents { nodes.append(info) }
        }
        return nodes.sorted { $0.uid < $1.uid }
    }

    /// Carries an order out here and has it carried out everywhere; returns once it is done on this node.
    func carryOut(_ order: UserOrder) async throws(ServerError) {
        for seat in core.seats {
            do { try await seat.eventLoop.submit { seat.carryOut(order) }.get() } catch {
                throw ServerError(EngineError(.stopping, "the event loops are stopping"), .read)
            }
        }
        core.fleet?.send(.order(order))
    }

    private func others(
        _ subject: SurveyQuestion.Subject
    ) async throws(ServerError) -> [UInt64: [SurveyPage.Content]] {
        guard let fleet = core.fleet else { return [:] }
        return try await fleet.survey(subject)
    }

    private func ownChannels() async throws(ServerError) -> [String: Int] {
        do throws(EngineError) { return try await core.engine.ask { .channels($0) } } catch {
            throw ServerError(error, .read)
        }
    }
}
