import HTTPTypes
import Journal
import Store

/// The one catalogue of what refusals and failures of the engine are over HTTP.
extension Problem {
    /// What a refused session write is answered with.
    init(_ refusal: Refusal) {
        switch refusal {
        case .keyConflict, .duplicate:
            self.init(
                .conflict, code: "idempotency-conflict",
                detail: "This Idempotency-Key was used before with another request.")
        case .busy:
            self.init(
                .serviceUnavailable, code: "idempotency-window-full",
                detail: "Too many Idempotency-Keys are remembered; the write was not made.", retryAfter: 1)
        case .notFound: self.init(.notFound, code: "session-not-found", detail: "There is no such session.")
        case .ended: self.init(.gone, code: "session-ended", detail: "The session has ended.")
        case .exists:
            self.init(
                .conflict, code: "session-exists",
                detail: "This Idempotency-Key made a session before; use another key for another session.")
        case .versionMismatch:
            self.init(
                .preconditionFailed, code: "version-mismatch",
                detail: "The session is at another version; read it again.")
        case .badPatch:
            self.init(
                .badRequest, code: "bad-patch", detail: "The document after this patch would be nested too deeply.")
        case .tooLarge:
            self.init(
                .contentTooLarge, code: "document-too-large",
                detail: "A document has at most \(JournalLimits.bodyBytesMax) bytes.")
        case .forbidden: self = .sessionForbidden
        case .stale:
            self.init(
                .conflict, code: "stale-entry", detail: "A copy of this write came before; the first one stands.")
        case .outdated: self.init(.conflict, code: "outdated", detail: "Newer data was published before.")
        case .notDue: self.init(.conflict, code: "not-due", detail: "The session was touched since.")
        case .full: self.init(.conflict, code: "room-full", detail: "The waiting room takes nobody at the moment.")
        case .live: self.init(.conflict, code: "room-live", detail: "The room is live already.")
        case .limited:
            self.init(.tooManyRequests, code: "too-many-attempts", detail: "Too many attempts; wait a moment.")
        }
    }

    /// Too many attempts, the next of which there is after so many milliseconds.
    static func limited(waiting milliseconds: Int64) -> Problem {
        var problem = Problem(Refusal.limited)
        problem.retryAfter = Int(clamping: max(1, milliseconds.saturatingAdd(999) / 1000))
        return problem
    }

    /// Somebody else's session.
    static var sessionForbidden: Problem {
        Problem(.forbidden, code: "session-forbidden", detail: "The session is not yours.")
    }

    /// Whether a request that failed might have changed something.
    enum Intent: Sendable {
        case read
        case write
    }

    /// What a request that the engine couldn't serve is answered with.
    init(_ error: EngineError, _ intent: Intent) {
        let outcome =
            switch (intent, error.code) {
            case (.read, _): ""
            case (.write, .outcomeUnknown):
                "; the write may or may not have been made: retry it with the same Idempotency-Key, or read"
            case (.write, .notReplicated):
                "; the outcome is unknown, and a retry with the same idempotency key is safe"
            case (.write, _): "; the write was not made"
            }
        let isUncertain = error.code == .outcomeUnknown || error.code == .notReplicated
        let code = intent == .read && isUncertain ? EngineError.Code.unavailable : error.code
        self.init(
            .serviceUnavailable, code: code.rawValue, detail: error.message + outcome + ".",
            retryAfter: Self.retrySeconds(after: error.code))
    }

    private static func retrySeconds(after code: EngineError.Code) -> Int {
        switch code {
        case .busy, .outcomeUnknown, .notReplicated: 1
        case .unavailable, .stopping: 2
        case .diskFull: 5
        }
    }

    /// Input that can't be used.
    init(_ fault: SessionInputFault) {
        let status: HTTPResponse.Status = fault.code == "document-too-large" ? .contentTooLarge : .badRequest
        self.init(status, code: fault.code, detail: fault.sentence)
    }

    /// A channel that can't be used by this caller.
    init(_ refusal: ChannelRefusal) {
        switch refusal {
        case .unknownChannel: self.init(.notFound, code: "unknown-channel", detail: "There is no such namespace.")
        case .permissionDenied: self.init(.forbidden, code: "permission-denied", detail: "This channel is not for you.")
        case .badRequest:
            self.init(
                .badRequest, code: "bad-channel",
                detail: "A channel has 1 to \(ChannelName.maximumBytes) printable ASCII characters and no space.")
        case .notAvailable: self.init(.notFound, code: "not-available", detail: "This channel keeps no history.")
        }
    }
}
