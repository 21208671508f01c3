import NIOCore
import TestSupport

/// What all racers saw, for the end of the race.
struct RaceFacts {
    var violations: [String] = []
    var fresh = 0
    var recovered = 0
    var resyncs = 0
    var pushes = 0
    var drops = 0
    /// Channel, epoch and offset → content: one offset has one content, whoever looks.
    var contents: [String: String] = [:]
    /// By racer and channel: the offset that comes next; nil while it isn't subscribed.
    var next: [String: Int] = [:]
}

/// A client that subscribes, leaves and recovers at random, and notes whatever must not happen.
///
/// - Isolation: the event loop of its connections.
final class Racer {
    /// A command whose reply is due; replies of one channel come in the order of its commands.
    private enum Due {
        /// `from` is the offset that it asks to recover behind.
        case subscribe(id: Int, from: Int?)
        case unsubscribe(id: Int)

        var id: Int {
            switch self {
            case .subscribe(let id, _), .unsubscribe(let id): id
            }
        }
    }

    private struct Track {
        var due: [Due] = []
        /// Between the reply to a subscribe and that to its end.
        var isOn = false
        var epoch = ""
        /// The newest offset seen.
        var offset = 0
        /// Pushes until it leaves.
        var patience = 5
    }

    let name: String
    private var random: SeededGenerator
    private var tracks: [String: Track]
    private let facts: Box<RaceFacts>
    private let isFinishing: Box<Bool>
    private var nextID = 1
    private let send: (String) -> Void
    private let drop: () -> Void

    init(
        _ name: String, seed: UInt64, channels: [String], facts: Box<RaceFacts>, isFinishing: Box<Bool>,
        resuming old: Racer?, send: @escaping (String) -> Void, drop: @escaping () -> Void
    ) {
        self.name = name
        self.facts = facts
        self.isFinishing = isFinishing
        self.send = send
        self.drop = drop
        random = old?.random ?? SeededGenerator(seed: seed)
        tracks = old?.tracks ?? Dictionary(uniqueKeysWithValues: channels.map { ($0, Track()) })
        for channel in tracks.keys {
            tracks[channel]?.due = []
            tracks[channel]?.isOn = false
        }
    }

    func connected() {
        send(#"{"id":1,"connect":{}}"#)
        for channel in tracks.keys.sorted() { send(subscribe(channel)) }
    }

    func disconnected() {
        facts.with { facts in
            for channel in tracks.keys { facts.next["\(name) \(channel)"] = nil }
            facts.drops += 1
        }
    }

    private func id() -> Int {
        nextID += 1
        return nextID
    }

    private func subscribe(_ channel: String) -> String {
        let (id, track) = (id(), tracks[channel] ?? Track())
        let recovers = !track.epoch.isEmpty && (isFinishing.value || !random.happens(oneIn: 3))
        tracks[channel]?.due.append(.subscribe(id: id, from: recovers ? track.offset : nil))
        tracks[channel]?.patience = 1 + random.index(below: 25)
        let position = recovers ? #","recover":true,"epoch":"\#(track.epoch)","offset":\#(track.offset)"# : ""
        return #"{"id":\#(id),"subscribe":{"channel":"\#(channel)","flag":1\#(position)}}"#
    }

    private func unsubscribe(_ channel: String) -> String {
        let id = id()
        tracks[channel]?.due.append(.unsubscribe(id: id))
        return #"{"id":\#(id),"unsubscribe":{"channel":"\#(channel)"}}"#
    }

    func take(_ line: String) {
        // Losing the error is safe: what is no JSON is a violation.
        guard let message = try? JSONValue(parsing: line) else { return violation("no JSON: \(line.prefix(200))") }
        if let channel = message["push"]?["channel"]?.string { return push(channel, message) }
        guard let id = message["id"]?.int else { return line == "{}" ? send("{}") : violation("strange: \(line)") }
        if let error = message["error"] { return violation("error \(error)") }
        // What is due for no channel is the connect or a publish.
        guard let channel = tracks.first(where: { $0.value.due.contains { $0.id == id } })?.key else { return }
        guard let due = tracks[channel]?.due.removeFirst(), due.id == id else {
            return violation("\(channel): \(id) out of order")
        }
        switch (due, message["subscribe"], message["unsubscribe"]) {
        case (.subscribe(_, let from), let reply?, nil): subscribed(channel, from, reply)
        case (.unsubscribe, nil, .some): unsubscribed(channel)
        default: violation("\(channel): another answer than was due: \(message)")
        }
    }

    private func unsubscribed(_ channel: String) {
        tracks[channel]?.isOn = false
        facts.with { $0.next["\(name) \(channel)"] = nil }
        if tracks[channel]?.due.isEmpty ?? false { send(subscribe(channel)) }
    }

    private func subscribed(_ channel: String, _ from: Int?, _ reply: JSONValue) {
        let track = tracks[channel] ?? Track()
        let (epoch, offset, isRecovered) = (
            reply["epoch"]?.string ?? "", reply["offset"]?.int ?? 0, reply["recovered"]?.bool == true
        )
        if track.isOn { violation("\(channel): subscribed twice") }
        if track.epoch != "", epoch != track.epoch { violation("\(channel): epoch \(track.epoch) became \(epoch)") }
        var top = offset
        if let from, isRecovered {
            if offset != from { violation("\(channel): recovered from \(from), shows \(offset)") }
            for publication in reply["publications"]?.array ?? [] {
                top += 1
                check(channel, epoch, publication, expected: top)
            }
        } else if let from {
            let reason = reply["not_recovered"]?["reason"]?.string
            if reason != "limit", reason != "trimmed" {
                violation("\(channel): not recovered from \(from): \(reason ?? "?")")
            }
        }
        if top < track.offset { violation("\(channel): went back from \(track.offset) to \(top)") }
        tracks[channel]?.epoch = epoch
        tracks[channel]?.isOn = true
        tracks[channel]?.offset = top
        facts.with { facts in
            if from == nil { facts.fresh += 1 } else if isRecovered { facts.recovered += 1 } else { facts.resyncs += 1 }
            facts.next["\(name) \(channel)"] = top + 1
        }
        if tracks[channel]?.due.isEmpty ?? false, !isFinishing.value, random.happens(oneIn: 6) { toggle(channel) }
    }

    /// Ends and begins in one message, without waiting for any answer.
    private func toggle(_ channel: String) {
        var message = unsubscribe(channel) + "\n"
        if random.happens(oneIn: 2) { message += subscribe(channel) + "\n" + unsubscribe(channel) + "\n" }
        send(message + subscribe(channel))
    }

    private func push(_ channel: String, _ message: JSONValue) {
        guard let publication = message["push"]?["pub"] else {
            // Its numbering may only break when the server says that it broke, and nothing breaks it here.
            return violation("a push that is no publication: \(message)")
        }
        guard let track = tracks[channel], track.isOn else {
            return violation("\(channel): a push while not subscribed")
        }
        check(channel, track.epoch, publication, expected: track.offset + 1)
        tracks[channel]?.offset = track.offset + 1
        tracks[channel]?.patience -= 1
        facts.with { facts in
            facts.pushes += 1
            facts.next["\(name) \(channel)"] = track.offset + 2
        }
        if track.patience <= 0, track.due.isEmpty, !isFinishing.value { leave(channel) }
    }

    private func leave(_ channel: String) {
        switch random.index(below: 12) {
        case 0: drop()
        case 1...3: toggle(channel)
        case 4...6: send(#"{"id":\#(id()),"publish":{"channel":"\#(channel)","data":"\#(name) \#(nextID)"}}"#)
        default: send(unsubscribe(channel))
        }
    }

    private func check(_ channel: String, _ epoch: String, _ publication: JSONValue, expected: Int) {
        let offset = publication["offset"]?.int ?? 0
        if offset != expected { violation("\(channel): offset \(offset) instead of \(expected)") }
        let (key, content) = ("\(channel) \(epoch) \(offset)", publication["data"]?.text ?? "")
        facts.with { facts in
            if let known = facts.contents[key], known != content { facts.violations.append("\(key) has two contents") }
            facts.contents[key] = content
        }
    }

    private func violation(_ text: String) { facts.with { $0.violations.append("\(name): \(text)") } }
}
