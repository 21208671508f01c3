import HTTPTypes
import Hummingbird
import JSONBytes
import Journal
import Store

/// An error of the routes of links: `{"error", "code"?, …}`, as the pages of ActiveBits read it.
struct LinkRefusal: Error, Sendable {
    let status: HTTPResponse.Status
    let sentence: String
    var code: String?
    /// Further members, each with a comma behind it.
    var members: [UInt8] = []
    var headers: HTTPFields = [:]

    init(_ status: HTTPResponse.Status, _ sentence: String, code: String? = nil) {
        (self.status, self.sentence, self.code) = (status, sentence, code)
    }

    /// What can't be used of a request.
    init(_ fault: LinkFault) {
        self.init(fault.isTooLarge ? .contentTooLarge : .badRequest, fault.sentence, code: fault.code)
    }

    /// A problem in this shape.
    init(_ problem: Problem) {
        self.init(problem.status, problem.detail ?? problem.code, code: problem.code)
        headers = problem.headers
        if let seconds = problem.retryAfter { headers[.retryAfter] = String(seconds) }
    }

    /// What the engine refused.
    init(_ refusal: Refusal) {
        self = refusal == .notFound ? .noLink : LinkRefusal(Problem(room: refusal))
    }

    /// What a route threw; nil for what is nobody's mistake.
    init?(of error: any Error) {
        switch error {
        case let refusal as LinkRefusal: self = refusal
        case let fault as LinkFault: self.init(fault)
        case let problem as Problem: self.init(problem)
        case let error as HTTPError: self.init(error.status, error.body ?? "The request can't be read.")
        default: return nil
        }
    }

    static let noLink = LinkRefusal(.notFound, "There is no such link.", code: "link-not-found")
    static let noProof = LinkRefusal(
        .notFound, "This browser isn't the teacher's of such a link: give its code first.", code: "not-the-teacher")
    static let notTheTeacher = LinkRefusal(
        .forbidden, "Only the teacher of this link can do that: give its code first.", code: "not-the-teacher")
    static let wrongCode = LinkRefusal(.unauthorized, "Invalid teacher code", code: "wrong-code")
    static let otherActivity = LinkRefusal(
        .badRequest, "This link belongs to another activity.", code: "other-activity")
    static let spentToken = LinkRefusal(
        .notFound, "This token was used already, or it is too old.", code: "token-spent")
    static let codeIsGone = LinkRefusal(
        .gone, "Teacher codes are never kept: nobody can be told one.", code: "codes-are-not-kept")

    /// Nothing can be started where everybody works alone.
    static var soloOnly: LinkRefusal {
        var refusal = LinkRefusal(
            .conflict, "Everybody works alone with this link: there is nothing to start.",
            code: "entry-policy-rejected")
        refusal.members.appendMember("entryPolicy", string: EntryPolicy.soloOnly.rawValue)
        return refusal
    }

    /// An activity without links here; says which have some.
    static func foreign(allowed: Set<String>) -> LinkRefusal {
        var refusal = LinkRefusal(LinkFault.foreignActivity)
        var names: [UInt8] = [UInt8(ascii: "[")]
        for (index, name) in allowed.sorted().enumerated() {
            if index > 0 { names.append(UInt8(ascii: ",")) }
            names.appendJSONString(name)
        }
        names.append(UInt8(ascii: "]"))
        refusal.members.appendMember("allowedActivities", json: names)
        return refusal
    }

    var response: Response {
        var out: [UInt8] = Array("{".utf8)
        out.appendMember("error", string: sentence)
        if let code { out.appendMember("code", string: code) }
        out.append(contentsOf: members)
        out[out.count - 1] = UInt8(ascii: "}")
        return Response(json: out, status: status, headers: headers)
    }
}

extension Problem {
    /// What is refused of a waiting room.
    init(room refusal: Refusal) {
        switch refusal {
        case .notFound: self.init(.notFound, code: "room-not-found", detail: "There is no such waiting room.")
        case .exists: self.init(.conflict, code: "room-exists", detail: "There is such a link already.")
        case .busy:
            self.init(
                .serviceUnavailable, code: "too-many-rooms", detail: "There are too many links; none was made.",
                retryAfter: 60)
        case .full:
            self.init(
                .serviceUnavailable, code: "room-full", detail: "The room holds as much as it can at the moment.",
                retryAfter: 10)
        case .notDue:
            self.init(
                .conflict, code: "nobody-to-admit",
                detail: "Nobody can be let in: the room has to be live and paused, and somebody has to wait.")
        default: self.init(refusal)
        }
    }
}
