/// Keeps account of the requests of one connection: which are read, which are answered, whether more may come.
///
/// - Guarantee: every request is answered at most once; after a request that is refused, broken or the
///   client's last, no further request is forwarded.
package struct RequestLedger: Sendable {
    /// What becomes of a part that came in.
    package enum Inbound: Equatable {
        case forward
        case drop
    }

    /// What becomes of a request that can't be served.
    package enum Failure: Equatable {
        /// Answer and close.
        case answer
        /// Answer and close, and wake who reads the body.
        case answerAndForwardError
        /// Who reads the body answers.
        case forwardError
        /// Earlier requests are answered first; ``responseEnded()`` says when.
        case wait
    }

    /// What becomes of the connection after a response.
    package enum AfterResponse: Equatable {
        case proceed
        case close
        case answerFailure
    }

    /// Forwarded requests whose response isn't complete.
    package private(set) var unanswered = 0
    /// A forwarded request isn't complete.
    package private(set) var isReading = false
    /// No request is forwarded any more.
    package private(set) var isLast = false
    private var isResponding = false
    private var failureWaits = false
    private var bodyBytes = 0

    /// Creates the ledger of a new connection.
    package init() {}

    /// The response that is being written is the connection's last.
    package var isLastResponse: Bool { self.isLast && self.unanswered == 1 && !self.failureWaits }

    /// A request begins.
    package mutating func headCame(keepsAlive: Bool) -> Inbound {
        guard !self.isLast else { return .drop }
        self.unanswered += 1
        self.isReading = true
        self.bodyBytes = 0
        self.isLast = !keepsAlive
        return .forward
    }

    /// A part of a body came; nil if the body is now longer than `limit`.
    package mutating func bodyCame(bytes: Int, limit: Int) -> Inbound? {
        guard self.isReading else { return .drop }
        self.bodyBytes += bytes
        return self.bodyBytes <= limit ? .forward : nil
    }

    /// A request ends.
    package mutating func endCame() -> Inbound {
        guard self.isReading else { return .drop }
        self.isReading = false
        return .forward
    }

    /// The request that is being read, or the next one, can't be served.
    package mutating func failed() -> Failure {
        self.isLast = true
        guard self.isReading else {
            self.failureWaits = self.unanswered > 0
            return self.failureWaits ? .wait : .answer
        }
        self.isReading = false
        guard self.unanswered == 1, !self.isResponding else { return .forwardError }
        self.unanswered = 0
        return .answerAndForwardError
    }

    /// The client will send nothing more, or the server wants no more.
    package mutating func lastRequestCame() {
        self.isLast = true
    }

    /// A response begins.
    package mutating func responseBegan() {
        self.isResponding = true
    }

    /// A response is complete.
    package mutating func responseEnded() -> AfterResponse {
        self.isResponding = false
        self.unanswered = max(0, self.unanswered - 1)
        guard self.unanswered == 0 else { return .proceed }
        if self.failureWaits { return .answerFailure }
        return self.isLast ? .close : .proceed
    }
}
