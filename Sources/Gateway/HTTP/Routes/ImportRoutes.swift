import HTTPTypes
import Hummingbird
import Store

/// `POST /api/import`: sessions and links of another service, one JSON object a line, created under the ids that they had there.
///
/// A line that can't be used is answered by itself and keeps no other from being taken. Repeating a request is safe.
struct ImportRoutes: Sendable {
    private let identities: RequestIdentity
    private let records: RecordImport

    init(core: GatewayCore) {
        identities = RequestIdentity(configuration: core.configuration)
        records = RecordImport(engine: core.engine, terms: core.terms)
    }

    var routes: [GatewayRoute] { [GatewayRoute(.post, "/api/import", needs: .apiKey, respond: bring)] }

    @Sendable func bring(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        guard try identities.allowsServerAPI(request) else {
            throw RequestIdentity.unauthorized("api-key-invalid", "This needs the API key.")
        }
        let lines = try Self.lines(of: try await request.bytes(context))
        var results: [ImportAnswer.Result] = []
        var readable: [(line: Int, record: ImportedRecord)] = []
        for (number, bytes) in lines {
            do throws(SessionInputFault) {
                readable.append((number, try ImportedRecord(json: bytes)))
            } catch {
                results.append(
                    .init(line: number, id: nil, outcome: .refused(code: error.code, sentence: error.sentence)))
            }
        }
        let outcomes = try await outcomes(of: readable.map(\.record))
        for ((line, record), outcome) in zip(readable, outcomes) {
            results.append(.init(line: line, id: record.id, outcome: outcome))
        }
        results.sort { $0.line < $1.line }
        return Response(json: ImportAnswer(results: results).json)
    }

    private func outcomes(of readable: [ImportedRecord]) async throws(Problem) -> [ImportOutcome] {
        do throws(EngineError) { return try await records.bring(readable) } catch {
            var problem = Problem(error, .read)
            problem.detail = "\(error.message); repeat the request: what was created is found there."
            throw problem
        }
    }

    /// The lines that aren't blank, with their numbers.
    private static func lines(of body: [UInt8]) throws(Problem) -> [(number: Int, bytes: [UInt8])] {
        var lines: [(Int, [UInt8])] = []
        var (number, rest) = (0, body[...])
        while !rest.isEmpty {
            number += 1
            let line = rest.prefix { $0 != UInt8(ascii: "\n") }
            rest = rest.dropFirst(line.count + 1)
            guard line.contains(where: { $0 > 0x20 }) else { continue }
            guard lines.count < ImportLimits.recordsMax else {
                throw Problem(
                    .badRequest, code: "too-many-records",
                    detail:
                        "One request has at most \(ImportLimits.recordsMax) sessions and links; none of these was taken."
                )
            }
            lines.append((number, Array(line)))
        }
        return lines
    }
}
