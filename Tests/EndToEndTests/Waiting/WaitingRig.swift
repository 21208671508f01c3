import TestSupport

/// Where a test of waiting rooms runs: on a node that is alone, and on two that share Redis.
enum WaitingHome: Sendable, CaseIterable {
    case alone
    case fleet
}

/// The nodes of such a test. Nobody stays on one: who comes for the how-many-th time decides on which node.
///
/// No secret is set: what links are signed with comes from the journal.
struct WaitingRig: Sendable {
    private let nodes: [any WaitingNode]

    /// Runs a body beside started nodes, and ends them afterwards.
    static func run<Result>(
        _ home: WaitingHome, environment: [String: String] = [:], isolation: isolated (any Actor)? = #isolation,
        _ body: (WaitingRig) async throws -> Result
    ) async throws -> Result {
        switch home {
        case .alone:
            try await ServerProcess.run(environment: environment) { try await body(WaitingRig(nodes: [$0])) }
        case .fleet:
            try await FleetRig.run(environment: environment) { try await body(WaitingRig(nodes: $0.nodes)) }
        }
    }

    /// The port for a visit, from 0.
    func port(_ visit: Int) -> Int { nodes[visit % nodes.count].port }

    /// HTTP at the node of a visit.
    func http(_ visit: Int) -> TestHTTP { TestHTTP(port: port(visit)) }

    /// Ends every node with SIGKILL, all before the first comes back.
    func killAndRestart() async throws {
        for node in nodes { try await node.kill() }
        try await comeBack()
    }

    /// Starts every node again.
    func comeBack() async throws { for node in nodes { try await node.comeBack() } }

    /// Stops every node in an orderly way; returns how each ended.
    func stop() async throws -> [ProcessExit] {
        var ends: [ProcessExit] = []
        for node in nodes { ends.append(try await node.end()) }
        return ends
    }

    /// Opens a socket at the node of a visit, and waits until it is welcome.
    func waiter(
        _ name: String, at room: Classroom, visit: Int, token: String? = nil, role: String? = nil
    ) async throws -> Waiter {
        let waiter = try await Waiter(name, at: room, port: port(visit), token: token, role: role)
        _ = try await waiter.wait(for: "welcome")
        return waiter
    }

    /// Opens a socket for each name, in this order; the places are in it, too.
    func waiters(_ names: [String], at room: Classroom) async throws -> [Waiter] {
        var waiters: [Waiter] = []
        for (visit, name) in names.enumerated() { waiters.append(try await waiter(name, at: room, visit: visit)) }
        return waiters
    }
}

/// A node of either kind.
private protocol WaitingNode: Sendable {
    var port: Int { get }
    func kill() async throws
    func comeBack() async throws
    func end() async throws -> ProcessExit
}

extension ServerProcess: WaitingNode {
    fileprivate func comeBack() async throws { try await start() }

    fileprivate func end() async throws -> ProcessExit {
        terminate()
        return try await waitForExit(within: .seconds(30))
    }
}

extension FleetNode: WaitingNode {
    fileprivate func comeBack() async throws { try await startAgain() }

    fileprivate func end() async throws -> ProcessExit { try await stop() }
}
