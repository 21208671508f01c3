import JSONBytes
import Journal
import Store

/// The commands that read, and the one that forgets.
extension ServerCommands {
    func history(_ parameters: ServerParameters) -> PreparedCommand {
        switch readable(parameters.channel) {
        case .failure(let error): return PreparedCommand(failing: error)
        case .success(let name):
            let filter = HistoryFilter(
                limit: Int(clamping: parameters.limit), since: parameters.since, reverse: parameters.isReverse)
            return PreparedCommand([.history(of: name.text, filter, limitMax: Self.historyMax)]) { Self.read($0.first) }
        }
    }

    func historyRemove(_ parameters: ServerParameters) -> PreparedCommand {
        switch readable(parameters.channel) {
        case .failure(let error): return PreparedCommand(failing: error)
        case .success(let name):
            guard name.reserved == nil else { return PreparedCommand(failing: .permissionDenied) }
            return PreparedCommand([.write(Draft(channel: name.text, kind: .historyRemove))]) { replies in
                switch replies.first {
                // A channel that nothing was published to has no history to remove.
                case .write(.accepted)?, .write(.duplicate)?, .write(.refused(.notFound))?: .success(Array("{}".utf8))
                case .failed(let error)?: .failure(ServerError(error, .write))
                default: .failure(ServerError(code: 100, message: "internal server error"))
                }
            }
        }
    }

    private func readable(_ channel: String) -> Result<ChannelName, ServerError> {
        namespaces.resolve(channel).mapError { ServerError($0) }.flatMap { name, options in
            options.hasHistory ? .success(name) : .failure(.notAvailable)
        }
    }

    private static func read(_ reply: EngineReply?) -> ServerResult {
        let answer: HistoryAnswer
        switch reply {
        case .history(let found)?: answer = found
        case .failed(let error)?: return .failure(ServerError(error, .read))
        default: return .failure(ServerError(code: 100, message: "internal server error"))
        }
        switch answer.failure {
        case .unrecoverable: return .failure(.unrecoverablePosition)
        case .badRequest: return .failure(.badRequest("nothing lies before the first offset"))
        case .denied: return .failure(.notFound)
        case nil: break
        }
        var out: [UInt8] = []
        out.reserveCapacity(answer.publications.reduce(128) { $0 + $1.encoded.count + 1 })
        out.appendASCII("{\"publications\":[")
        for (index, publication) in answer.publications.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            out.append(contentsOf: publication.encoded)
        }
        out.appendASCII("],\"epoch\":")
        out.appendJSONString(answer.position.epoch)
        out.appendASCII(",\"offset\":")
        out.appendDecimal(answer.position.offset)
        out.append(UInt8(ascii: "}"))
        return .success(out)
    }
}
