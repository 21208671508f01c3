import JSONBytes
import Journal
import Store

/// A command's result: the JSON of `result`, or an error.
typealias ServerResult = Result<[UInt8], ServerError>

/// A command that is ready to be asked: what to ask, and what to make of the replies.
struct PreparedCommand: Sendable {
    let questions: [EngineQuestion]
    let finish: @Sendable (ArraySlice<EngineReply>) -> ServerResult
    /// For a command that asks more than the engine: does it all, and says where it wrote; there are no questions then.
    let act: (@Sendable () async -> (result: ServerResult, cursor: Cursor?))?

    init(_ questions: [EngineQuestion], finish: @escaping @Sendable (ArraySlice<EngineReply>) -> ServerResult) {
        self.questions = questions
        self.finish = finish
        act = nil
    }

    init(acting act: @escaping @Sendable () async -> ServerResult) { self.init(writing: { (await act(), nil) }) }

    init(writing act: @escaping @Sendable () async -> (result: ServerResult, cursor: Cursor?)) {
        questions = []
        finish = { _ in .success(Array("{}".utf8)) }
        self.act = act
    }

    init(failing error: ServerError) { self.init([]) { _ in .failure(error) } }
}

/// Turns commands into questions for the engine and replies into results; asks nothing itself.
struct ServerCommands: Sendable {
    let namespaces: NamespaceTable
    let idempotencyWindow: Int64
    let fleet: FleetCalls

    /// Publications of one answer, whatever limit was asked for.
    static let historyMax = 5_000
    /// Channels of one broadcast.
    static let broadcastMax = 10_000

    func prepare(_ command: ServerCommand) -> PreparedCommand {
        let parameters = command.parameters
        return switch command.method {
        case .publish: publish(parameters)
        case .broadcast: broadcast(parameters)
        case .history: history(parameters)
        case .historyRemove: historyRemove(parameters)
        case .presence: presence(parameters)
        case .presenceStats: presenceStats(parameters)
        case .channels: channels(parameters)
        case .info: info()
        case .disconnect: disconnect(parameters)
        case .unsubscribe: unsubscribe(parameters)
        case .subscribe: subscribe(parameters)
        case .refresh: refresh(parameters)
        case .rpc: rpc(parameters)
        }
    }

    private func publish(_ parameters: ServerParameters) -> PreparedCommand {
        switch publication(to: parameters.channel, parameters) {
        case .success(let question): PreparedCommand([question]) { Self.published($0.first) }
        case .failure(let error): PreparedCommand(failing: error)
        }
    }

    private func broadcast(_ parameters: ServerParameters) -> PreparedCommand {
        guard (1...Self.broadcastMax).contains(parameters.channels.count) else {
            return PreparedCommand(failing: .badRequest("a broadcast names 1 to \(Self.broadcastMax) channels"))
        }
        // What is wrong with the payload is wrong everywhere.
        if let error = payloadError(parameters) { return PreparedCommand(failing: error) }
        let asked = parameters.channels.map { publication(to: $0, parameters) }
        // The errors are not lost: `finish` finds them in `asked`, in their places.
        return PreparedCommand(asked.compactMap { try? $0.get() }) { replies in
            var rest = replies
            var failures = 0
            var out: [UInt8] = Array("{\"responses\":[".utf8)
            for (index, question) in asked.enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                let result = question.flatMap { _ in Self.published(rest.popFirst()) }
                if case .failure(let error) = result, error.isTemporary { failures += 1 }
                Self.append(result, to: &out)
            }
            // When nothing at all could be done, the whole request can be repeated.
            if failures == asked.count, case .failed(let error)? = replies.first {
                return .failure(ServerError(error, .write))
            }
            out.appendASCII("]}")
            return .success(out)
        }
    }

    private func payloadError(_ parameters: ServerParameters) -> ServerError? {
        guard case .failure(let error) = payload(parameters) else { return nil }
        return error
    }

    private func payload(_ parameters: ServerParameters) -> Result<JSONText, ServerError> {
        if !parameters.idempotencyKey.isEmpty {
            do throws(SessionInputFault) { try SessionRules.check(key: parameters.idempotencyKey) } catch {
                return .failure(.badRequest(error.sentence))
            }
        }
        if let data = parameters.data { return .success(data) }
        guard !parameters.base64Data.isEmpty else { return .failure(.badRequest("data is missing")) }
        guard let bytes = Base64Text.decodeStandard(parameters.base64Data) else {
            return .failure(.badRequest("b64data is not base64"))
        }
        do throws(JSONError) {
            return .success(try JSONText(validating: bytes))
        } catch { return .failure(.badRequest("b64data holds no JSON: \(error.description)")) }
    }

    private func publication(to channel: String, _ parameters: ServerParameters) -> Result<EngineQuestion, ServerError>
    {
        let resolved: (name: ChannelName, options: ChannelOptions)
        switch namespaces.resolve(channel) {
        case .success(let found): resolved = found
        case .failure(let refusal): return .failure(ServerError(refusal))
        }
        guard resolved.name.reserved == nil else { return .failure(.permissionDenied) }
        return payload(parameters).map { data in
            let window = parameters.skipsHistory ? nil : resolved.options.window
            let key = parameters.idempotencyKey
            guard window != nil || !key.isEmpty else {
                return .ephemeral(EphemeralMessage(channel: channel, data: data.bytes, tags: parameters.tags))
            }
            var header = EntryHeader()
            header.history = window
            header.tags = parameters.tags
            // Without an offset there is no top that could be answered instead.
            if window != nil, parameters.version > 0 {
                header.dataVersion = DataVersion(number: parameters.version, epoch: parameters.versionEpoch)
            }
            if !key.isEmpty {
                let hash = ContentHash.of(.publish, [data.bytes, parameters.tags ?? [], [window == nil ? 0 : 1]])
                header.idempotency = IdempotencyClaim(key: key, bodyHash: hash, window: idempotencyWindow)
            }
            return .write(Draft(channel: channel, kind: .publish, header: header, body: data.bytes))
        }
    }

    private static func published(_ reply: EngineReply?) -> ServerResult {
        switch reply {
        case .sent?: return .success(Array("{}".utf8))
        case .write(.accepted(let receipt))?, .write(.duplicate(let receipt))?:
            guard let position = receipt.position else { return .success(Array("{}".utf8)) }
            var out: [UInt8] = Array("{\"offset\":".utf8)
            out.appendDecimal(position.offset)
            out.appendASCII(",\"epoch\":")
            out.appendJSONString(position.epoch)
            out.append(UInt8(ascii: "}"))
            return .success(out)
        case .write(.refused(.keyConflict))?: return .failure(.conflict)
        case .write(.refused(.busy))?:
            let sentence = "too many idempotency keys are remembered; the write was not made"
            return .failure(ServerError(code: 100, message: sentence, isTemporary: true))
        case .write(.refused(let refusal))?: return .failure(ServerError(code: 100, message: refusal.rawValue))
        case .write(.forbidden)?: return .failure(.permissionDenied)
        case .failed(let error)?: return .failure(ServerError(error, .write))
        case .history?, .session?, nil: return .failure(ServerError(code: 100, message: "internal server error"))
        }
    }

    /// Appends `{"result":…}` or `{"error":…}`.
    static func append(_ result: ServerResult, to out: inout [UInt8]) {
        switch result {
        case .success(let json):
            out.appendASCII("{\"result\":")
            out.append(contentsOf: json)
        case .failure(let error):
            out.appendASCII("{\"error\":")
            error.append(to: &out)
        }
        out.append(UInt8(ascii: "}"))
    }
}

extension ChannelOptions {
    /// What an entry of such a channel carries as its history; nil without history.
    var window: HistoryWindow? {
        hasHistory ? HistoryWindow(size: UInt32(clamping: historySize), ttl: historyTTLMilliseconds) : nil
    }
}
