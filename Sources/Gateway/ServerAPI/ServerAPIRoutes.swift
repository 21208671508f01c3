import HTTPTypes
import Hummingbird
import JSONBytes
import Journal
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
        commands = ServerCommands(
            namespaces: core.configuration.namespaces, idempotencyWindow: core.terms.idempotencyWindow,
            fleet: FleetCalls(core: core))
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
        let answers = await results(of: [.success(ServerCommand(method: method, parameters: parameters))])
        guard let result = answers.results.first else { throw Problem(.internalServerError) }
        var out: [UInt8] = []
        if case .failure(let error) = result {
            if core.configuration.reportsErrorsByStatus || request.field("x-centrifugo-error-mode") == "transport" {
                error.append(to: &out)
                return Self.response(out, error.transportStatus, isTemporary: error.isTemporary)
            }
            ServerCommands.append(result, to: &out)
            return Self.response(out, error.isTemporary ? .serviceUnavailable : .ok, isTemporary: error.isTemporary)
        }
        ServerCommands.append(result, to: &out)
        return Self.response(out, .ok, isTemporary: false, answers.cursor)
    }

    /// Replies have no `result` around them: `{"replies":[{"publish":{…}},{"error":{…}}]}`.
    @Sendable private func batch(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        guard try identities.allowsServerAPI(request) else { return Response(status: .unauthorized) }
        let bytes = try await request.bytes(context)
        let asked = try Self.parsed { () throws(JSONError) in try ServerRequestReader.batch(bytes) }
        let answers = try await bounded(asked)
        var out: [UInt8] = Array("{\"replies\":[".utf8)
        for (index, (command, result)) in zip(asked, answers.results).enumerated() {
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
        return Self.several(out, answers)
    }

    /// One line of answer for each command.
    @Sendable private func legacy(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        guard try identities.allowsServerAPI(request) else { return Response(status: .unauthorized) }
        let bytes = try await request.bytes(context)
        let asked = try Self.parsed { () throws(JSONError) in try ServerRequestReader.legacy(bytes) }
        let answers = try await bounded(asked)
        var out: [UInt8] = []
        for (index, result) in answers.results.enumerated() {
            if index > 0 { out.append(UInt8(ascii: "\n")) }
            ServerCommands.append(result, to: &out)
        }
        return Self.several(out, answers)
    }

    private func bounded(_ asked: [Result<ServerCommand, ServerError>]) async throws -> Answers {
        guard asked.count <= ServerRequestReader.commandsMax else {
            throw Problem(
                .badRequest, code: "too-many-commands",
                detail: "One request has at most \(ServerRequestReader.commandsMax) commands.")
        }
        return await results(of: asked)
    }

    /// Asks all commands in order, in as few rounds as the engine makes of them.
    private func results(of asked: [Result<ServerCommand, ServerError>]) async -> Answers {
        let prepared = asked.map { command in
            switch command {
            case .success(let command): commands.prepare(command)
            case .failure(let error): PreparedCommand(failing: error)
            }
        }
        var answers = Answers()
        var rest = prepared[...]
        /// Set once the fleet did not answer: a batch waits for it only once.
        var silence: ServerError?
        while let first = rest.first {
            guard let act = first.act else {
                let together = rest.prefix { $0.act == nil }
                rest = rest.dropFirst(together.count)
                await ask(together, &answers)
                continue
            }
            rest = rest.dropFirst()
            let (result, cursor) =
                if let silence { (ServerResult.failure(silence), nil as Cursor?) } else { await act() }
            if case .failure(let error) = result, error.isTemporary { silence = error }
            answers.results.append(result)
            answers.note(cursor)
        }
        return answers
    }

    private func ask(_ prepared: ArraySlice<PreparedCommand>, _ answers: inout Answers) async {
        let questions = prepared.flatMap(\.questions)
        for question in questions {
            if let message = question.message { core.fleet?.send(.ephemeral(message)) }
        }
        var replies = await core.engine.answers(to: questions)[...]
        for case .write(let answer) in replies { answers.note(answer.receipt?.cursor) }
        for command in prepared {
            answers.results.append(command.finish(replies.prefix(command.questions.count)))
            replies = replies.dropFirst(command.questions.count)
        }
    }

    /// The results of all commands of a request, and the place of the newest write among them.
    private struct Answers {
        var results: [ServerResult] = []
        var cursor: Cursor?

        mutating func note(_ written: Cursor?) {
            guard let written else { return }
            cursor = max(cursor ?? written, written)
        }
    }

    private static func parsed<Value>(_ body: () throws(JSONError) -> Value) throws(Problem) -> Value {
        do throws(JSONError) { return try body() } catch { throw Problem(SessionInputFault(error)) }
    }

    private static func several(_ out: [UInt8], _ answers: Answers) -> Response {
        let isHopeless =
            !answers.results.isEmpty
            && answers.results.allSatisfy { result in
                if case .failure(let error) = result { error.isTemporary } else { false }
            }
        return response(out, isHopeless ? .serviceUnavailable : .ok, isTemporary: isHopeless, answers.cursor)
    }

    private static func response(
        _ out: [UInt8], _ status: HTTPResponse.Status, isTemporary: Bool, _ cursor: Cursor? = nil
    ) -> Response {
        var response = Response(json: out, status: status)
        if isTemporary { response.headers[.retryAfter] = "1" }
        response.headers.set(cursor)
        return response
    }
}
