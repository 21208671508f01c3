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
    /// Other nodes: after an attempt without success the next one is taken.
    var others: [TestHTTP] = []

    /// Publishes until the load stops.
    func run() async throws {
        var number = 0
        var node = 0
        let nodes = [http] + others
        while !control.isStopping, number < countMax {
            number += 1
            let key = "\(name)-\(number)"
            let channel = channels[number % channels.count]
            let data: JSONValue = ["key": .string(key), "text": "publication number \(number) of \(name)"]
            log.record(LogEvent(.send, who: name, channel: channel, key: key))
            try await eventually(within: .seconds(30), "\(key) is acknowledged") {
                let http = nodes[node % nodes.count]
                let isDone = try await control.attempt { try await publish(channel, key, data, http) } ?? false
                if !isDone { node += 1 }
                return isDone
            }
        }
    }

    private func publish(
        _ channel: String, _ key: String, _ data: JSONValue, _ http: TestHTTP
    ) async throws -> Bool {
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
    /// Ports of other nodes: after an attempt without success the next one is taken.
    var others: [Int] = []

    /// Publishes until the load stops.
    func run() async throws {
        let client = ProtocolClient(name: name)
        var (number, node) = (0, 0)
        let ports = [port] + others
        while !control.isStopping, number < countMax {
            if client.socket == nil || client.end != nil {
                try await eventually(within: .seconds(30), "\(name) is connected") {
                    let isDone = try await control.attempt {
                        try await client.connect(port: ports[node % ports.count])
                    }
                    if isDone == nil { node += 1 }
                    return isDone != nil
                }
            }
            // A write whose outcome is unknown is not made again, but another one, once the look of `eventually` is due.
            try await eventually(within: .seconds(30), "\(name) has a publication acknowledged, or no connection") {
                number += 1
                return try await publish(number, client) || client.end != nil || control.isStopping
            }
        }
        client.disconnect()
    }

    /// - Returns: whether it was acknowledged.
    private func publish(_ number: Int, _ client: ProtocolClient) async throws -> Bool {
        let key = "\(name)-\(number)"
        let channel = channels[number % channels.count]
        let data: JSONValue = ["key": .string(key), "text": "publication number \(number) of \(name)"]
        log.record(LogEvent(.send, who: name, channel: channel, key: key))
        let isAcknowledged = try await control.attempt { try await client.publish(channel, data) } != nil
        log.record(
            LogEvent(
                isAcknowledged ? .ack : .nack, who: name, channel: channel, key: key, digest: EventLog.digest(data))
        )
        return isAcknowledged
    }
}
