import Gateway
import JSONBytes
import NIOCore

/// A node that runs, through its API.
struct NodeTarget: ImportTarget {
    /// How often a batch is offered to a node that says that it is busy.
    static let attemptsMax = 5
    /// The longest that a busy node may put us off.
    static let pauseMax = Duration.seconds(10)

    let lineBytesMax = ImportLimits.requestBytesMax
    private let address: NodeAddress
    private let apiKey: String?
    private let group: any EventLoopGroup

    init(_ address: NodeAddress, apiKey: String?, group: any EventLoopGroup) {
        (self.address, self.apiKey, self.group) = (address, apiKey, group)
    }

    func bring(_ records: [ImportedRecord]) async throws -> [ImportOutcome] {
        let body = ByteBuffer(bytes: records.flatMap(\.line))
        var attempt = 1
        while true {
            let answer = try await NodeExchange.run(body, to: address, apiKey: apiKey, group: group)
            if answer.status == 503, attempt < Self.attemptsMax {
                attempt += 1
                try await Task.sleep(for: min(.seconds(answer.retryAfter ?? 1), Self.pauseMax))
                continue
            }
            return try outcomes(answer, of: records)
        }
    }

    func close() async throws {}

    private func outcomes(_ answer: NodeAnswer, of records: [ImportedRecord]) throws -> [ImportOutcome] {
        switch answer.status {
        case 200: break
        case 401, 403:
            let advice = apiKey == nil ? "give its key with --api-key or API_KEY" : "the API key is wrong"
            throw Exit(.refused, "\(address.description) refused the import (\(answer.status)): \(advice).")
        case 404, 405:
            throw Exit(
                .unavailable, "\(address.description) has no /api/import (\(answer.status)): is it an Anteroom node?")
        default:
            let detail = answer.detail.map { ": \($0)" } ?? "."
            throw Exit(.unavailable, "\(address.description) refused the import with status \(answer.status)\(detail)")
        }
        let results: [ImportAnswer.Result]
        do throws(JSONError) {
            results = try ImportAnswer(json: answer.body).results
        } catch {
            throw Exit(.unavailable, "\(address.description) answered what no Anteroom node answers: \(error).")
        }
        guard results.count == records.count, zip(results, records).allSatisfy({ $0.id == nil || $0.id == $1.id })
        else {
            throw Exit(.unavailable, "\(address.description) answered for something else than it was sent.")
        }
        return results.map(\.outcome)
    }
}

/// An answer of a node, whole.
struct NodeAnswer: Sendable {
    let status: Int
    /// Seconds after which it wants to be asked again.
    let retryAfter: Int?
    let body: [UInt8]

    /// The sentence of a problem document.
    var detail: String? {
        guard let text = JSONText(unchecked: body).member("detail") else { return nil }
        return text.bytes.withUnsafeBytes { bytes in
            var cursor = JSONCursor(bytes)
            // What is no text tells nothing to people.
            return try? cursor.readString()
        }
    }
}
