import Store

/// What one node tells the others on the lane.
enum FleetMessage: Sendable, Equatable {
    case ephemeral(EphemeralMessage)
    case order(UserOrder)
    case question(SurveyQuestion)
    case answer(SurveyPage)
    case presence(PresenceMessage)
}

/// A publication without an offset, in its parts: whoever receives them checks and encodes them anew.
struct EphemeralMessage: Sendable, Equatable {
    let channel: String
    /// One JSON value.
    let data: [UInt8]
    /// A JSON object.
    var info: [UInt8]?
    /// A JSON object of strings.
    var tags: [UInt8]?

    /// Asks the engine to fan the publication out on this node.
    var request: Request {
        .ephemeral(channel: channel, Publication(offset: 0, data: data, info: info, tags: tags))
    }
}

/// A question to every member.
struct SurveyQuestion: Sendable, Equatable {
    enum Subject: Sendable, Equatable {
        /// Channels with subscribers; "" asks for all of them.
        case channels(pattern: String)
        case info
    }

    /// Drawn at random for each question.
    let id: UInt64
    let subject: Subject
}

/// A part of one member's answer.
struct SurveyPage: Sendable, Equatable {
    enum Content: Sendable, Equatable {
        /// Subscribers by channel.
        case channels([String: Int])
        case info(NodeInfo)
    }

    /// The question's id.
    let id: UInt64
    /// From 0.
    let page: UInt32
    /// How many pages the answer has; at least 1.
    let pages: UInt32
    let content: Content

    /// An answer with channels; nil when it is longer than an answer may be.
    static func channels(_ counts: [String: Int], id: UInt64) -> [SurveyPage]? {
        let names = counts.keys.sorted()
        let pages = max(1, (names.count + FleetLimits.pageChannelsMax - 1) / FleetLimits.pageChannelsMax)
        guard pages <= FleetLimits.pagesMax else { return nil }
        return (0..<pages).map { page in
            let some = names.dropFirst(page * FleetLimits.pageChannelsMax).prefix(FleetLimits.pageChannelsMax)
            let content = Dictionary(some.map { ($0, counts[$0] ?? 0) }) { first, _ in first }
            return SurveyPage(id: id, page: UInt32(page), pages: UInt32(pages), content: .channels(content))
        }
    }
}
