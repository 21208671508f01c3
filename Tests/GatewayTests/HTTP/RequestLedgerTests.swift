import Testing

@testable import Gateway

@Suite struct RequestLedgerTests {
    /// What can happen to a connection.
    enum Event {
        case head, lastHead, body, end, failure, responseHead, responseEnd
    }

    /// What came of each event, in words.
    private func run(_ events: [Event]) -> [String] {
        var ledger = RequestLedger()
        return events.map { event in
            switch event {
            case .head: "\(ledger.headCame(keepsAlive: true))"
            case .lastHead: "\(ledger.headCame(keepsAlive: false))"
            case .body: ledger.bodyCame(bytes: 6, limit: 10).map { "\($0)" } ?? "tooLarge"
            case .end: "\(ledger.endCame())"
            case .failure: "\(ledger.failed())"
            case .responseHead:
                {
                    ledger.responseBegan(); return ledger.isLastResponse ? "last" : "more"
                }()
            case .responseEnd: "\(ledger.responseEnded())"
            }
        }
    }

    static let histories: [([Event], [String])] = [
        (
            [.head, .body, .end, .responseHead, .responseEnd, .head, .body, .body],
            ["forward", "forward", "forward", "more", "proceed", "forward", "forward", "tooLarge"]
        ),
        ([.failure, .head, .body, .end], ["answer", "drop", "drop", "drop"]),
        ([.head, .failure, .body, .end, .head], ["forward", "answerAndForwardError", "drop", "drop", "drop"]),
        ([.head, .responseHead, .failure, .responseEnd], ["forward", "more", "forwardError", "close"]),
        (
            [.head, .end, .failure, .responseHead, .responseEnd],
            ["forward", "forward", "wait", "more", "answerFailure"]
        ),
        (
            [.head, .end, .head, .failure, .responseEnd, .responseHead, .responseEnd],
            ["forward", "forward", "forward", "forwardError", "proceed", "last", "close"]
        ),
        (
            [.head, .end, .lastHead, .end, .head, .responseHead, .responseEnd, .responseHead, .responseEnd],
            ["forward", "forward", "forward", "forward", "drop", "more", "proceed", "last", "close"]
        ),
        (
            [.lastHead, .body, .responseHead, .responseEnd, .responseEnd],
            ["forward", "forward", "last", "close", "close"]
        ),
    ]

    @Test(arguments: histories)
    func history_ofAConnection_hasOneOutcome(events: [Event], outcomes: [String]) {
        #expect(self.run(events) == outcomes)
    }
}
