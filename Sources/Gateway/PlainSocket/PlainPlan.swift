import Foundation
import HTTPTypes
import Journal
import Store

/// What a plain WebSocket is for and may do, all checked before its handshake is answered.
struct PlainPlan: Sendable {
    let channel: String
    let identity: Identity
    let access: SessionAccess
    /// False where everything that comes in is refused: in the service's own namespaces, and for whoever may only read.
    let mayPublish: Bool
    /// How publications are kept; nil for a channel without history, which has no positions.
    let window: HistoryWindow?
    let isRecoverable: Bool
    let isEnveloped: Bool
    let since: Position?

    /// Decides about a request for a path of the pattern.
    ///
    /// - Errors: what the request is answered with instead of an upgrade.
    init(_ head: HTTPRequest, _ configuration: GatewayConfiguration, now: Int64) throws(Problem) {
        let address: PlainAddress
        do throws(PlainAddress.Fault) { address = try PlainAddress(head.path ?? "") } catch {
            throw Problem(.badRequest, code: "bad-address", detail: error.sentence)
        }
        let shown = RequestIdentity.Credentials(
            keyHeader: head.headerFields.first { $0.name.canonicalName == "x-api-key" }?.value,
            keyQuery: address.apiKey, authorization: head.headerFields[.authorization], tokenQuery: address.token)
        let known = try RequestIdentity(configuration: configuration).identity(of: shown, now: now)
        guard known != nil || configuration.allowAnonymous else {
            throw RequestIdentity.unauthorized("credentials-missing", "Show a token.")
        }
        let (name, options) = try configuration.namespaces.resolve(address.channel).mapError { Problem($0) }.get()
        let caller = known ?? .anonymous
        let permissions = ChannelPermissions(insecure: configuration.insecure)
        var access = SessionAccess.granted
        switch permissions.decide(.subscribe, on: name, options: options, identity: caller, isSubscribed: false) {
        case .allow: break
        case .deny(let refusal):
            guard known != nil else {
                throw RequestIdentity.unauthorized("credentials-missing", "This channel needs a token.")
            }
            throw Problem(refusal)
        case .askOwner(.session):
            // Whether there is such a session, and whose it is, the engine says when the socket is open.
            guard let id = name.reservedID else { throw Problem(ChannelRefusal.badRequest) }
            access =
                configuration.insecure ? .granted : SessionAccess(caller, session: String(id), need: .read)
        case .askOwner(.waiting): break
        case .askOwner: guard caller.isOperator else { throw Problem(ChannelRefusal.permissionDenied) }
        }
        let placed = permissions.position(
            options: options, identity: caller, wantsPositioned: true, wantsRecoverable: true)
        // Whoever wants what was missed is told at once that it can't be had: going on live would be a silent gap.
        guard address.since == nil || placed.recoverable else { throw Problem(ChannelRefusal.notAvailable) }
        let publish = permissions.decide(.publish, on: name, options: options, identity: caller, isSubscribed: true)
        channel = address.channel
        identity = caller
        mayPublish = publish == .allow
        window = options.window
        isRecoverable = placed.recoverable
        (isEnveloped, since) = (address.isEnveloped, address.since)
        self.access = access
    }
}
