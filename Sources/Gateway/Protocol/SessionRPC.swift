import JSONBytes
import Journal
import NIOCore
import Store

/// A session call over the socket: `session.get`, `session.put`, `session.patch`, `session.touch`, `session.end`.
///
/// The data is `{"id":…,"document"|"patch":…,"version"?:…,"key"?:…}`; the result is the session, as over REST.
struct SessionCall: Equatable {
    enum Action: Equatable {
        case read
        case change(SessionChange)
    }

    let id: String
    let action: Action
    /// The version that the caller saw; nil changes whatever is there.
    let version: UInt64?
    /// An idempotency key.
    let key: String?

    /// Reads a call; nil for a method that is no session call.
    ///
    /// - Errors: `ReplyError.badRequest` for data that doesn't fit the method.
    static func read(method: String, data: [UInt8]?) throws(ReplyError) -> SessionCall? {
        guard method.hasPrefix("session.") else { return nil }
        let members: Members
        do throws(JSONError) { members = try Members(data ?? []) } catch { throw .badRequest }
        guard SessionRules.isID(members.id) else { throw .badRequest }
        if let key = members.key {
            do throws(SessionInputFault) { try SessionRules.check(key: key) } catch { throw .badRequest }
        }
        let action: Action
        switch method {
        case "session.get": action = .read
        case "session.put":
            guard let document = members.document else { throw .badRequest }
            action = .change(.put(document))
        case "session.patch":
            guard let patch = members.patch, patch.isObject else { throw .badRequest }
            action = .change(.patch(patch))
        case "session.touch": action = .change(.touch)
        case "session.end": action = .change(.end)
        default: return nil
        }
        return SessionCall(id: members.id, action: action, version: members.version, key: members.key)
    }

    private struct Members {
        var id = ""
        var document: JSONText?
        var patch: JSONText?
        var version: UInt64?
        var key: String?

        init(_ data: [UInt8]) throws(JSONError) {
            var (id, document, patch): (String, JSONText?, JSONText?) = ("", nil, nil)
            var (version, key): (UInt64?, String?) = (nil, nil)
            try data.readJSON { (cursor, bytes) throws(JSONError) in
                try cursor.beginObject()
                while let name = try cursor.nextKey() {
                    switch name.string(in: bytes) {
                    case "id": id = try cursor.readString()
                    case "document": document = try cursor.readText()
                    case "patch": patch = try cursor.readText()
                    case "version": version = try cursor.readUInt64()
                    case "key": key = try cursor.readString()
                    default: _ = try cursor.skipValue()
                    }
                }
            }
            (self.id, self.document, self.patch, self.version, self.key) = (id, document, patch, version, key)
        }
    }
}

extension ClientConnection {
    /// Carries out a call of a session or a waiting room.
    func rpc(_ method: String, _ data: [UInt8]?, id: UInt32) {
        if method.hasPrefix(WaitingCall.prefix) { return waitingRPC(method, data, id: id) }
        let call: SessionCall
        do throws(ReplyError) {
            guard let read = try SessionCall.read(method: method, data: data) else { return fail(id, .methodNotFound) }
            call = read
        } catch { return fail(id, error) }
        switch call.action {
        case .read: read(call, id: id)
        case .change(let change): self.change(call, change, id: id)
        }
    }

    private func read(_ call: SessionCall, id: UInt32) {
        let address: Return<SessionAnswer>? = address(id) { connection, answer in
            switch answer {
            case .found(let session): connection.answer(id, session)
            case .notFound: connection.fail(id, .sessionNotFound)
            case .ended: connection.fail(id, .sessionEnded)
            case .forbidden: connection.fail(id, .permissionDenied)
            }
        }
        guard let address else { return }
        submit(.readSession(id: call.id, sessionAccess(call.id, need: .read), address))
    }

    private func change(_ call: SessionCall, _ change: SessionChange, id: UInt32) {
        let address: Return<WriteAnswer>? = address(id) { connection, answer in
            switch answer {
            case .accepted(let receipt), .duplicate(let receipt):
                guard let session = receipt.session else { return connection.fail(id, .sessionNotFound) }
                connection.answer(id, session)
            case .refused(let refusal): connection.fail(id, ReplyError(refusal), reason: refusal.rawValue)
            case .forbidden: connection.fail(id, .permissionDenied)
            }
        }
        guard let address else { return }
        let operations = SessionOperations(engine: core.engine, terms: core.terms)
        let draft = operations.draft(of: change, to: call.id, expecting: call.version, key: call.key)
        submit(.write(draft, sessionAccess(call.id, need: .write), address))
    }

    private func answer(_ id: UInt32, _ session: Session) {
        let showsOwner =
            core.configuration.insecure || SessionRepresentation.showsOwner(of: session, to: identity)
        var body: [UInt8] = []
        SessionRepresentation.append(session, showsOwner: showsOwner, to: &body)
        reply { ReplyEncoder.rpc(body, id: id, to: &$0) }
    }
}
