import TestSupport

/// A writer of publications through the server API: it repeats a write with the same idempotency key until it is told the
/// outcome, so that each takes effect exactly once.
struct APIPublisher: Sendable {
    let name: String
    let channels: [String]
    let http: TestHTTP
    let log: EventLog
    let control: LoadControl
    var countMax = Int.max

    /// Publishes until the load stops.
    func run() async throws {
        var number = 0
        while !control.isStopping, number < countMax {
            number += 1
            let key = "\(name)-\(number)"
            let channel = channels[number % channels.count]
            let data: JSONValue = ["key": .string(key), "text": "publication number \(number) of \(name)"]
            log.record(LogEvent(.send, who: name, channel: channel, key: key))
            try await eventually(within: .seconds(30), "\(key) is acknowledged") {
                try await unlessDisconnected { try await publish(channel, key, data) } ?? false
            }
        }
    }

    private func publish(_ channel: String, _ key: String, _ data: JSONValue) async throws -> Bool {
        let request: JSONValue = ["channel": .string(channel), "data": data, "idempotency_key": .string(key)]
        let answer = try await http.post("/api/publish", request)
        guard let result = answer.json?["result"] else {
            log.record(
                LogEvent(.nack, who: name, channel: channel, key: key, code: answer.json?["error"]?["code"]?.int))
            if answer.status == 503 || answer.json?["error"]?["code"] == 100 { return false }
            throw UnexpectedAnswer(request: "publish \(key)", answer: answer)
        }
        log.record(
            LogEvent(
                .ack,
                who: name,
                channel: channel,
                epoch: result["epoch"]?.string,
                offset: result["offset"]?.int,
                key: key,
                digest: EventLog.digest(data)
            )
        )
        return true
    }
}

/// A writer of publications over the client protocol; it can't repeat a write, so what it has no reply to stays unknown.
struct SocketPublisher: Sendable {
    let name: String
    let channels: [String]
    let port: Int
    let log: EventLog
    let control: LoadControl
    var countMax = Int.max

    /// Publishes until the load stops.
    func run() async throws {
        let client = ProtocolClient(name: name)
        var number = 0
        while !control.isStopping, number < countMax {
            if client.socket == nil || client.end != nil {
                try await eventually(within: .seconds(30), "\(name) is connected") {
                    try await unlessDisconnected { try await client.connect(port: port) } != nil
                }
            }
            number += 1
            try await publish(number, client)
        }
        client.disconnect()
    }

    private func publish(_ number: Int, _ client: ProtocolClient) async throws {
        let key = "\(name)-\(number)"
        let channel = channels[number % channels.count]
        let data: JSONValue = ["key": .string(key), "text": "publication number \(number) of \(name)"]
        log.record(LogEvent(.send, who: name, channel: channel, key: key))
        let isAcknowledged = try await unlessDisconnected { try await client.publish(channel, data) } != nil
        log.record(
            LogEvent(
                isAcknowledged ? .ack : .nack, who: name, channel: channel, key: key, digest: EventLog.digest(data))
        )
    }
}
