import HTTPTypes
import JSONBytes
import Journal
import Store

/// Calls of sessions and waiting rooms, as clients make them over the socket, by whoever has the API key.
extension ServerCommands {
    func rpc(_ parameters: ServerParameters) -> PreparedCommand {
        guard !parameters.method.isEmpty else { return PreparedCommand(failing: .badRequest("method is missing")) }
        if parameters.method.hasPrefix(WaitingCall.prefix) { return roomCall(parameters) }
        let call: SessionCall
        do throws(ReplyError) {
            guard let read = try SessionCall.read(method: parameters.method, data: parameters.rpc?.bytes) else {
                return PreparedCommand(failing: .methodNotFound)
            }
            call = read
        } catch { return PreparedCommand(failing: ServerError(error)) }
        switch call.action {
        case .read: return PreparedCommand([.session(call.id)]) { Self.session($0.first) }
        case .change(let change):
            let operations = SessionOperations(engine: fleet.core.engine, terms: fleet.core.terms)
            let draft = operations.draft(of: change, to: call.id, expecting: call.version, key: call.key)
            return PreparedCommand([.write(draft)]) { Self.session($0.first) }
        }
    }

    private static func session(_ reply: EngineReply?) -> ServerResult {
        switch reply {
        case .session(.found(let session))?: return data(of: session)
        case .session(.notFound)?: return .failure(ServerError(.sessionNotFound))
        case .session(.ended)?: return .failure(ServerError(.sessionEnded))
        case .write(.accepted(let receipt))?, .write(.duplicate(let receipt))?:
            guard let session = receipt.session else { return .failure(ServerError(.sessionNotFound)) }
            return data(of: session)
        case .write(.refused(let refusal))?: return .failure(ServerError(ReplyError(refusal)))
        case .write(.forbidden)?, .session(.forbidden)?: return .failure(.permissionDenied)
        case .failed(let error)?: return .failure(ServerError(error, .write))
        case .history?, .sent?, nil: return .failure(ServerError(.internalError))
        }
    }

    private static func data(of session: Session) -> ServerResult {
        var out: [UInt8] = Array("{\"data\":".utf8)
        SessionRepresentation.append(session, showsOwner: true, to: &out)
        out.append(UInt8(ascii: "}"))
        return .success(out)
    }

    /// `waiting.get` and `waiting.<order>` with `{"hash", …}`: what `/api/waiting-rooms` does.
    private func roomCall(_ parameters: ServerParameters) -> PreparedCommand {
        let word = String(parameters.method.dropFirst(WaitingCall.prefix.count))
        let order = RoomOrder(rawValue: word)
        guard order != nil || word == "get" else { return PreparedCommand(failing: .methodNotFound) }
        let params = parameters.rpc?.bytes ?? Array("{}".utf8)
        let hash: String?
        do throws(JSONError) { hash = try Self.hash(in: params) } catch { hash = nil }
        guard let hash else { return PreparedCommand(failing: .badRequest("params has to be an object with a hash")) }
        let operations = RoomOperations(fleet.core)
        return PreparedCommand(writing: { await Self.carryOut(order, on: hash, params, operations) })
    }

    private static func hash(in params: [UInt8]) throws(JSONError) -> String? {
        try params.readJSON { (cursor, bytes) throws(JSONError) in
            var hash: String?
            try cursor.beginObject()
            while let key = try cursor.nextKey() {
                if key.equals("hash", in: bytes) { hash = try cursor.readString() } else { _ = try cursor.skipValue() }
            }
            return hash
        }
    }

    private static func carryOut(
        _ order: RoomOrder?, on hash: String, _ body: [UInt8], _ operations: RoomOperations
    ) async -> (result: ServerResult, cursor: Cursor?) {
        do {
            guard let before = try await operations.read(hash) else { return (.failure(.notFound), nil) }
            guard let draft = try order?.draft(for: before, body, operations) else { return (data(of: before), nil) }
            switch try await operations.apply(draft) {
            case .accepted(let receipt), .duplicate(let receipt):
                let after: WaitingRoom? = if let room = receipt.room { room } else { try await operations.read(hash) }
                return (after.map { data(of: $0) } ?? .failure(.notFound), receipt.cursor)
            case .refused(.ended): return (data(of: before), nil)
            case .refused(let refusal): return (.failure(ServerError(Problem(room: refusal))), nil)
            case .forbidden: return (.failure(.permissionDenied), nil)
            }
        } catch let error as EngineError {
            return (.failure(ServerError(error, order == nil ? .read : .write)), nil)
        } catch let problem as Problem {
            return (.failure(ServerError(problem)), nil)
        } catch { return (.failure(ServerError(.internalError)), nil) }
    }

    private static func data(of room: WaitingRoom) -> ServerResult {
        var out: [UInt8] = Array("{\"data\":".utf8)
        WaitingRoomRepresentation.append(room, to: &out)
        out.append(UInt8(ascii: "}"))
        return .success(out)
    }
}

extension ServerError {
    /// What is a problem over HTTP, by the number that it has here.
    fileprivate init(_ problem: Problem) {
        let code =
            switch problem.status.code {
            case 404: 104
            case 409: 113
            case 503: 100
            default: 107
            }
        self.init(
            code: code, message: problem.detail ?? problem.code, isTemporary: problem.status == .serviceUnavailable)
    }
}
