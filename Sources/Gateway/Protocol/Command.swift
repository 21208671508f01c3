import Store

/// One command of the client protocol, as scanned.
struct Command: Equatable {
    /// 0 for a pong and for `send`, which get no reply.
    var id: UInt32 = 0
    var method = Method.pong

    enum Method: Equatable {
        /// The empty object.
        case pong
        case connect(ConnectCommand)
        case subscribe(SubscribeCommand)
        case unsubscribe(channel: String)
        case publish(channel: String, data: [UInt8]?)
        case history(HistoryCommand)
        case presence(channel: String)
        case presenceStats(channel: String)
        case rpc(method: String, data: [UInt8]?)
        case refresh(token: String)
        case subRefresh(channel: String, token: String)
        case send
        case ping
        /// No method, or one that nobody knows.
        case unknown
    }
}

/// What a client says when it connects.
struct ConnectCommand: Equatable {
    var token = ""
    /// Positions that it has in channels which the server subscribes it to.
    var wishes: [SubscriptionWish] = []
}

/// What a client has seen of a channel that the server subscribes it to.
struct SubscriptionWish: Equatable {
    var channel = ""
    var recover = false
    var position = Position(epoch: "", offset: 0)
}

/// What a client asks for when it subscribes.
struct SubscribeCommand: Equatable {
    var channel = ""
    /// A subscription token; "" for none.
    var token = ""
    var recover = false
    var position = Position(epoch: "", offset: 0)
    var wantsPositioned = false
    var wantsRecoverable = false
    var wantsJoinLeave = false
    var delta = ""
    /// Bit 1: answer 112 instead of `recovered: false`.
    var flag: Int64 = 0
    /// True for filters and subscription types that this server doesn't have.
    var asksForMore = false

    var onlyIfRecovered: Bool { flag & 2 != 0 }
}

/// What a client asks of a channel's history.
struct HistoryCommand: Equatable {
    var channel = ""
    var filter = HistoryFilter(limit: 0)
}
