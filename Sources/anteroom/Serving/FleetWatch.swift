import Journal
import Logging
import Store

/// Tells what happens between the nodes, and ends a start that can't succeed.
struct FleetWatch {
    let logger: Logger

    /// Reads events until they end.
    ///
    /// - Errors: `Exit`, while the node has not joined yet: waiting would mend nothing.
    func follow(_ events: AsyncStream<FleetLink.Event>) async throws {
        var hasJoined = false
        var waitsFor = ""
        for await event in events {
            switch event {
            case .waiting(let why):
                // One line for each new reason, not for each try.
                if why != waitsFor { logger.warning("waiting for Redis", metadata: ["reason": "\(why)"]) }
                waitsFor = why
            case .failed(let why): throw Exit(.unavailable, sentence(why))
            case .diverged(let other, let cursor):
                logger.error(
                    "another node has another result at the same place of the journal",
                    metadata: ["node": "\(String(other, radix: 16))", "at": "\(cursor)"])
            case .news(.halted(.notOnChain(let place))) where !hasJoined:
                throw Exit(.unavailable, sentence(TailStateMachine.Halt.notOnChain(place).description))
            case .news(let news):
                if case .live = news { (hasJoined, waitsFor) = (true, "") }
                tell(news)
            }
        }
    }

    private func tell(_ news: FleetNews) {
        switch news {
        case .live(let place): logger.info("follows the shared journal", metadata: ["from": "\(place.cursor)"])
        case .suspended(.away): logger.warning("Redis does not answer: writes get 503, reads go on")
        case .suspended(.loss):
            logger.warning("the shared journal is another one, or lost entries: the nodes count how far each has come")
        case .suspended(.halted): break
        case .halted(let why): logger.error("stopped following the shared journal", metadata: ["reason": "\(why)"])
        case .lost(let entries, let path):
            logger.error(
                "the fleet went on without entries of this node; they are in a file",
                metadata: ["entries": "\(entries)", "file": "\(path)"])
        }
    }

    private func sentence(_ text: String) -> String {
        let text = text.prefix(1).uppercased() + text.dropFirst()
        return text.hasSuffix(".") ? text : text + "."
    }
}
