import HTTPTypes
import JSONBytes
import Journal
import Store

/// What operators, and the host's own server, have done with a waiting room.
enum RoomOrder: String, Sendable, CaseIterable {
    case admit
    case pause
    case resume
    case close
    case open
    case capacity
    case start
    case end

    /// What is to be done with a room; nil where nothing is left to do.
    ///
    /// - Parameter body: a JSON object, or nothing where nothing has to be said.
    func draft(for room: WaitingRoom, _ body: [UInt8], _ operations: RoomOperations) throws(Problem) -> Draft? {
        switch self {
        case .admit: operations.admit(hash: room.hash, count: try Self.count(in: body))
        case .pause: operations.admission(hash: room.hash, paused: true)
        case .resume: operations.admission(hash: room.hash, paused: false)
        case .close: operations.admission(hash: room.hash, closed: true)
        case .open: operations.admission(hash: room.hash, closed: false)
        case .capacity: operations.admission(hash: room.hash, capacity: try Self.places(in: body))
        case .start where room.terms.policy == .soloOnly: throw Problem.soloOnly
        case .start: operations.start(hash: room.hash, room: room)
        case .end: room.session.map { operations.end(sessionID: $0) }
        }
    }
}

/// What is read from the bodies of operators.
extension RoomOrder {
    private static let placesRange = 1...UInt64(WaitingLine.placesMax)

    /// `{"count"}`; without a body the next one.
    private static func count(in body: [UInt8]) throws(Problem) -> UInt64 {
        guard !body.isEmpty else { return 1 }
        guard let count = try number("count", in: body), placesRange.contains(count) else {
            throw Problem(.badRequest, code: "bad-count", detail: "A count is from 1 to \(placesRange.upperBound).")
        }
        return count
    }

    /// `{"places"}`; null is no bound, which the journal has as 0.
    private static func places(in body: [UInt8]) throws(Problem) -> UInt64 {
        let places = try number("places", in: body) ?? 0
        guard places == 0 || placesRange.contains(places) else {
            throw Problem(
                .badRequest, code: "bad-places",
                detail: "places is from 1 to \(placesRange.upperBound), or null for no bound.")
        }
        return places
    }

    private static func number(_ name: String, in body: [UInt8]) throws(Problem) -> UInt64? {
        do throws(JSONError) {
            let text = try JSONText(validating: body)
            guard text.isObject, let member = text.member(name), member != .null else {
                guard text.isObject, text.member(name) != nil else { throw JSONError(.wrongType, offset: 0) }
                return nil
            }
            return try member.bytes.readJSON { (cursor, _) throws(JSONError) in try cursor.readUInt64() }
        } catch {
            throw Problem(
                .badRequest, code: "bad-json", detail: "The body has to be an object with the number \(name).")
        }
    }
}

extension Problem {
    /// Nothing can be started where everybody works alone.
    static var soloOnly: Problem {
        Problem(.conflict, code: "entry-policy-rejected", detail: "Everybody works alone with this link.")
    }
}
