import NIOCore
import Testing

@testable import Gateway
@testable import Store

@Suite struct ReplyEncoderTests {
    private func text(_ body: (inout ByteBuffer) -> Void) -> String {
        var buffer = ByteBuffer()
        body(&buffer)
        return String(buffer: buffer)
    }

    private func subscribed(
        recoverable: Bool, positioned: Bool, asked: Position? = nil, at position: Position,
        _ recovery: SubscribeAnswer.Recovery = .none
    ) -> String {
        let answer = SubscribeAnswer(position: position, recovery: recovery, isSubscribed: true, isDenied: false)
        let reply = ReplyEncoder.Subscribed(
            isRecoverable: recoverable, isPositioned: positioned, asked: asked, answer: answer)
        return text { ReplyEncoder.subscribed(reply, id: 5, to: &$0) }
    }

    private func publication(_ offset: UInt64, _ data: String) -> Publication {
        Publication(offset: offset, data: Array(data.utf8))
    }

    private func at(_ offset: UInt64, _ epoch: String = "kQ") -> Position { Position(epoch: epoch, offset: offset) }

    @Test func connected_whenEncoded_leavesZerosOut() {
        let whole = ReplyEncoder.Connected(client: "5d0c", pingSeconds: 25, ttlSeconds: 600)
        #expect(
            text { ReplyEncoder.connected(whole, id: 1, to: &$0) }
                == #"{"id":1,"connect":{"client":"5d0c","version":"0.1.0 anteroom","expires":true,"ttl":600,"ping":25,"pong":true}}"#
        )
        let bare = ReplyEncoder.Connected(client: "5d0c", pingSeconds: 0, ttlSeconds: nil)
        #expect(
            text { ReplyEncoder.connected(bare, id: .max, to: &$0) }
                == #"{"id":4294967295,"connect":{"client":"5d0c","version":"0.1.0 anteroom"}}"#)
    }

    @Test func subscribed_whenLive_showsTheNewestPosition() {
        #expect(subscribed(recoverable: false, positioned: false, at: at(9)) == #"{"id":5,"subscribe":{}}"#)
        #expect(
            subscribed(recoverable: false, positioned: true, at: at(9))
                == #"{"id":5,"subscribe":{"positioned":true,"epoch":"kQ","offset":9}}"#)
        #expect(
            subscribed(recoverable: true, positioned: true, at: at(0))
                == #"{"id":5,"subscribe":{"recoverable":true,"positioned":true,"epoch":"kQ"}}"#, "offset 0 is left out")
        #expect(
            subscribed(recoverable: true, positioned: true, at: at(.max))
                == #"{"id":5,"subscribe":{"recoverable":true,"positioned":true,"epoch":"kQ","offset":18446744073709551615}}"#
        )
    }

    @Test func subscribed_whenRecovered_keepsTheOffsetOfTheRequest() {
        let start =
            #"{"id":5,"subscribe":{"recoverable":true,"positioned":true,"epoch":"kQ","was_recovering":true,"recovered":true"#
        let missed = [publication(13, #"{"t":"a"}"#), publication(14, "2")]
        #expect(
            subscribed(recoverable: true, positioned: true, asked: at(12), at: at(14), .recovered(missed))
                == start + #","publications":[{"data":{"t":"a"},"offset":13},{"data":2,"offset":14}],"offset":12}}"#)
        #expect(
            subscribed(recoverable: true, positioned: true, asked: at(14, ""), at: at(14), .recovered([]))
                == start + #","offset":14}}"#, "nothing missed, no list")
        #expect(
            subscribed(recoverable: true, positioned: true, asked: at(0), at: at(1), .recovered([publication(1, "1")]))
                == start + #","publications":[{"data":1,"offset":1}]}}"#, "from zero on")
    }

    @Test func subscribed_whenNotRecovered_saysWhyAndGoesOnFromTheTop() {
        for (reason, oldest) in [(.epoch, 15), (.trimmed, 3), (.limit, 3), (.ahead, 15)]
            as [(NotRecovered.Reason, UInt64)]
        {
            let why = NotRecovered(reason, above: oldest - 1, top: 14)
            #expect(
                subscribed(recoverable: true, positioned: true, asked: at(1, "old"), at: at(14), .notRecovered(why))
                    == #"{"id":5,"subscribe":{"recoverable":true,"positioned":true,"epoch":"kQ","was_recovering":true,"#
                    + #""not_recovered":{"reason":"\#(reason.rawValue)","oldest":\#(oldest)},"offset":14}}"#)
        }
    }

    @Test func subscribed_whenRecoveryIsNotOffered_saysOnlyThatItWasTried() {
        #expect(
            subscribed(recoverable: false, positioned: false, asked: at(3), at: at(9))
                == #"{"id":5,"subscribe":{"was_recovering":true}}"#)
    }

    @Test func history_whenEncoded_hasAllThreeMembersAlways() {
        let empty = HistoryAnswer(position: at(0), publications: [], failure: nil)
        #expect(
            text { ReplyEncoder.history(empty, id: 2, to: &$0) }
                == #"{"id":2,"history":{"publications":[],"epoch":"kQ","offset":0}}"#)
        let info = Array(#"{"user":"7","client":"c1"}"#.utf8)
        let one = Publication(offset: 8, data: [0x31], info: info, tags: Array(#"{"k":"v"}"#.utf8))
        let answer = HistoryAnswer(position: at(8), publications: [one], failure: nil)
        #expect(
            text { ReplyEncoder.history(answer, id: 2, to: &$0) }
                == #"{"id":2,"history":{"publications":[{"data":1,"offset":8,"info":{"user":"7","client":"c1"},"tags":{"k":"v"}}],"#
                + #""epoch":"kQ","offset":8}}"#)
    }

    @Test func results_whenEmpty_areThereAllTheSame() {
        #expect(text { ReplyEncoder.empty("publish", id: 7, to: &$0) } == #"{"id":7,"publish":{}}"#)
        #expect(
            text { ReplyEncoder.refreshed("refresh", ttlSeconds: nil, id: 7, to: &$0) } == #"{"id":7,"refresh":{}}"#)
        #expect(
            text { ReplyEncoder.refreshed("refresh", ttlSeconds: 60, id: 7, to: &$0) }
                == #"{"id":7,"refresh":{"expires":true,"ttl":60}}"#)
        #expect(text { ReplyEncoder.rpc(Array("[1]".utf8), id: 7, to: &$0) } == #"{"id":7,"rpc":{"data":[1]}}"#)
    }

    @Test(arguments: ReplyError.allCases)
    func error_whenEncoded_isTemporaryOnlyWhereARetryMayHelp(_ error: ReplyError) {
        let temporary = [100, 111].contains(error.rawValue) ? #","temporary":true"# : ""
        #expect(
            text { ReplyEncoder.error(error, id: 3, to: &$0) }
                == #"{"id":3,"error":{"code":\#(error.rawValue),"message":"\#(error.message)"\#(temporary)}}"#)
    }

    @Test func error_whenItHasAReason_escapesIt() {
        #expect(
            text { ReplyEncoder.error(.internalError, id: 3, reason: "no \"space\"\n\\", to: &$0) }
                == #"{"id":3,"error":{"code":100,"message":"internal server error","temporary":true,"reason":"no \"space\"\n\\"}}"#
        )
        let why = NotRecovered(.trimmed, above: 4, top: 9)
        #expect(
            text { ReplyEncoder.error(.unrecoverablePosition, id: 3, notRecovered: why, to: &$0) }
                == #"{"id":3,"error":{"code":112,"message":"unrecoverable position","not_recovered":{"reason":"trimmed","oldest":5}}}"#
        )
    }

    @Test(arguments: [
        (EngineError.Code.busy, ReplyError.tooManyRequests), (.diskFull, .internalError),
        (.unavailable, .internalError),
        (.outcomeUnknown, .internalError), (.stopping, .internalError),
    ])
    func engineErrors_whenToldToClients_areTemporary(code: EngineError.Code, error: ReplyError) {
        #expect(ReplyError(EngineError(code, "x")) == error)
        #expect(error.isTemporary, "a client may retry whatever the engine could not do now")
    }

    @Test func unsubscribed_whenTheNameHasQuotes_isStillOneLineOfJSON() {
        #expect(
            text { ReplyEncoder.unsubscribed(#"a"b\c"#, code: 2500, reason: "insufficient state", to: &$0) }
                == #"{"push":{"channel":"a\"b\\c","unsubscribe":{"code":2500,"reason":"insufficient state"}}}"#)
    }

    @Test(arguments: Disconnect.allCases)
    func disconnect_reasons_areNoJSONAndFitACloseFrame(_ disconnect: Disconnect) {
        #expect(disconnect.reason.utf8.count <= FrameWriter.maxReasonBytes)
        #expect(disconnect.reason.first?.isLetter ?? false)
        #expect(
            !["null", "true", "false"].contains(disconnect.reason), "SDKs parse what is valid JSON as the old protocol")
    }
}
