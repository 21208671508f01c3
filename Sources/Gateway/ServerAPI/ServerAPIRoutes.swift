import HTTPTypes
import Hummingbird
import JSONBytes
import Store

/// `POST /api/<method>` as Centrifugo's server libraries call it, and the old `POST /api`.
///
/// A command that the engine could not carry out is answered with 503 and error 100 in the body, so that both those who
/// look at the status and those who read the body know that it may be repeated.
struct ServerAPIRoutes: Sendable {
    let core: GatewayCore
    private let identities: RequestIdentity
    private let commands: ServerCommands

    init(core: GatewayCore) {
        self.core = core
        identities = RequestIdentity(configuration: core.configuration)
        let node = NodeFacts(core: core)
        commands = ServerCommands(
            namespaces: core.configuration.namespaces, idempotencyWindow: core.terms.idempotencyWindow,
            info: { node.info(channels: $0) })
    }

    var routes: [GatewayRoute] {
        ServerMethod.allCases.map { method in
            GatewayRoute(.post, "/api/\(method.rawValue)", needs: .apiKey) { try await run(method, $0, $1) }
        } + [
            GatewayRoute(.post, "/api/batch", needs: .apiKey, respond: batch),
            GatewayRoute(.post, "/api", needs: .apiKey, respond: legacy),
        ]
    }

    private func run(
        _ method: ServerMethod, _ request: Request, _ context: GatewayRequestContext
    ) async throws -> Response {
        guard try identities.allowsServerAPI(request) else { return Response(status: .unauthorized) }
        let bytes = try await request.bytes(context)
        let parameters = try Self.parsed { () throws(JSONError) in try ServerRequestReader.parameters(bytes) }
        let results = await results(of: [.success(ServerCommand(method: method, parameters: parameters))])
        guard let result = results.first else { throw Problem(.internalServerError) }
        var out: [UInt8] = []
        if case .failure(let error) = result {
            if request.field("x-centrifugo-error-mode") == "transport" {
                error.append(to: &out)
                return Self.response(out, error.transportStatus, isTemporary: error.isTemporary)
            }
            ServerCommands.append(result, to: &out)
            return Self.response(out, error.isTemporary ? .serviceUnavailable : .ok, isTemporary: error.isTemporary)
        }
        ServerCommands.append(result, to: &out)
        return Self.response(out, .ok, isTemporary: false)
    }

    /// Replies have no `result` around them: `{"replies":[{"publish":{…}},{"error":{…}}]}`.
    @Sendable private func batch(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        guard try identities.allowsServerAPI(request) else { return Response(status: .unauthorized) }
        let bytes = try await request.bytes(context)
        let asked = try Self.parsed { () throws(JSONError) in try ServerRequestReader.batch(bytes) }
        let results = try await bounded(asked)
        var out: [UInt8] = Array("{\"replies\":[".utf8)
        for (index, (command, result)) in zip(asked, results).enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            switch (command, result) {
            case (.success(let command), .success(let json)):
                out.append(UInt8(ascii: "{"))
                out.appendJSONString(command.method.rawValue)
                out.append(UInt8(ascii: ":"))
                out.append(contentsOf: json)
                out.append(UInt8(ascii: "}"))
            default: ServerCommands.append(result, to: &out)
            }
        }
        out.appendASCII("]}")
        return Self.several(out, results)
    }

    /// One line of answer for each command.
    @Sendable private func legacy(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        guard try identities.allowsServerAPI(request) else { return Response(status: .unauthorized) }
        let bytes = try await request.bytes(context)
        let asked = try Self.parsed { () throws(JSONError) in try ServerRequestReader.legacy(bytes) }
        let results = try await bounded(asked)
        var out: [UInt8] = []
        for (index, result) in results.enumerated() {
            if index > 0 { out.append(UInt8(ascii: "\n")) }
            ServerCommands.append(result, to: &out)
        }
        return Self.several(out, results)
    }

    private func bounded(_ asked: [Result<ServerCommand, ServerError>]) async throws -> [ServerResult] {
        guard asked.count <= ServerRequestReader.commandsMax else {
            throw Problem(
                .badRequest, code: "too-many-commands",
                detail: "One request has at most \(ServerRequestReader.commandsMax) commands.")
        }
        return await results(of: asked)
    }

    /// Asks all commands in order, in as few rounds as the engine makes of them.
    private func results(of asked: [Result<ServerCommand, ServerError>]) async -> [ServerResult] {
        let prepared = asked.map { command in
            switch command {
            case .success(let command): commands.prepare(command)
            case .failure(let error): PreparedCommand(failing: error)
            }
        }
        var replies = await core.engine.answers(to: prepared.flatMap(\.questions))[...]
        return prepared.map { command in
            defer { replies = replies.dropFirst(command.questions.count) }
            return command.finish(replies.prefix(command.questions.count))
        }
    }

    private static func parsed<Value>(_ body: () throws(JSONError) -> Value) throws(Problem) -> Value {
        do throws(JSONError) { return try body() } catch { throw Problem(SessionInputFault(error)) }
    }

    private static func several(_ out: [UInt8], _ results: [ServerResult]) -> Response {
        let isHopeless =
            !results.isEmpty
            && results.allSatisfy { result in
                if case .failure(let error) = result { error.isTemporary } else { false }
            }
        return response(out, isHopeless ? .serviceUnavailable : .ok, isTemporary: isHopeless)
    }

    private static func response(_ out: [UInt8], _ status: HTTPResponse.Status, isTemporary: Bool) -> Response {
        var response = Response(json: out, status: status)
        if isTemporary { response.headers[.retryAfter] = "1" }
        return response
    }
}

/// What `info` says of a node.
private struct NodeFacts: Sendable {
    let core: GatewayCore
    private let uid = SessionID.random()

    init(core: GatewayCore) { self.core = core }

    func info(channels: [String: Int]) -> [UInt8] {
        let configuration = core.configuration
        var out: [UInt8] = Array("{\"nodes\":[{\"uid\":".utf8)
        out.appendJSONString(uid)
        out.appendASCII(",\"name\":")
        out.appendJSONString("\(configuration.host)_\(configuration.port)")
        out.appendASCII(",\"version\":")
        out.appendJSONString(ServiceVersion.current)
        out.appendASCII(",\"num_clients\":")
        out.appendDecimal(core.connections.total)
        out.appendASCII(",\"num_users\":0,\"num_subs\":")
        out.appendDecimal(channels.values.reduce(0, +))
        out.appendASCII(",\"num_channels\":")
        out.appendDecimal(channels.count)
        out.appendASCII(",\"uptime\":")
        out.appendDecimal(core.uptimeSeconds)
        out.appendASCII(",\"process\":{\"rss\":")
        out.appendDecimal(ProcessFigures().resident)
        out.appendASCII("}}]}")
        return out
    }
}
