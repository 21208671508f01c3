import TestSupport

/// Reads channels through the server API as they are at the end, for the checker.
struct FinalReading: Sendable {
    /// The epoch that a session's channel is given when the server says that there is no such session.
    static let noSession = "none"

    let http: TestHTTP
    let log: EventLog
    /// Who reads: each reader must be able to read everything.
    var reader = "reading"

    /// Reads each channel's whole history, and returns the newest offsets.
    @discardableResult
    func read(_ channels: [String]) async throws -> [String: Int] {
        var tops: [String: Int] = [:]
        for channel in channels { tops[channel] = try await read(channel) }
        return tops
    }

    private func read(_ channel: String) async throws -> Int {
        let answer = try await http.post("/api/history", ["channel": .string(channel), "limit": -1])
        if channel.hasPrefix("session:"), answer.json?["error"]?["code"] == 104 {
            log.record(LogEvent(.read, who: reader, channel: channel, epoch: Self.noSession))
            return 0
        }
        guard let result = answer.json?["result"], let epoch = result["epoch"]?.string else {
            throw UnexpectedAnswer(request: "history of \(channel)", answer: answer)
        }
        log.record(LogEvent(.read, who: reader, channel: channel, epoch: epoch))
        for publication in result["publications"]?.array ?? [] {
            let data = publication["data"] ?? .null
            log.record(
                LogEvent(
                    .read,
                    who: reader,
                    channel: channel,
                    epoch: epoch,
                    offset: publication["offset"]?.int,
                    key: data.writeKey,
                    digest: EventLog.digest(data)
                )
            )
        }
        return result["offset"]?.int ?? 0
    }
}
