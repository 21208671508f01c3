/// The events of a log, sorted into what each invariant looks at.
struct LogIndex {
    struct Place: Hashable {
        let channel: String
        let epoch: String
        let offset: Int
    }

    struct KeyPlace: Hashable {
        let channel: String
        let epoch: String
        let key: String
    }

    struct Subscriber: Hashable {
        let who: String
        let channel: String
    }

    struct Numbering: Hashable {
        let channel: String
        let epoch: String
    }

    /// What one reader read at the end.
    struct Reading {
        /// What is readable, per channel, in the order of reading.
        fileprivate(set) var reads: [String: [LogEvent]] = [:]
        /// The epoch of a channel, also of an empty one (a `read` without an offset).
        fileprivate(set) var epochs: [String: String] = [:]
        fileprivate var places: [Place: LogEvent] = [:]
        /// By what its writer called it.
        fileprivate var keys: [String: [LogEvent]] = [:]

        /// What is readable where an acknowledgement says that it is: at its offset, or anywhere when it names none.
        func candidates(for ack: LogEvent) -> [LogEvent] {
            guard let epoch = ack.epoch, let offset = ack.offset else { return anywhere(ack) }
            return places[Place(channel: ack.channel ?? "", epoch: epoch, offset: offset)].map { [$0] } ?? []
        }

        /// What is readable of the same name, at any offset; everything when the acknowledgement has no name.
        func anywhere(_ ack: LogEvent) -> [LogEvent] {
            let channel = ack.channel ?? ""
            guard let key = ack.key else { return reads[channel] ?? [] }
            return keys[key, default: []].filter { $0.channel == channel }
        }
    }

    /// With the place in the log.
    private(set) var acks: [(index: Int, event: LogEvent)] = []
    /// By the reader's name.
    private(set) var readings: [String: Reading] = [:]
    private(set) var deliveries: [LogEvent] = []
    /// How many deliveries came before the last `read`: who followed then was still there at the end.
    private(set) var deliveriesBeforeTheEnd = 0
    /// Every event that puts a content at an offset.
    private(set) var placed: [(Place, LogEvent)] = []
    private(set) var sentKeys: [String: Set<String>] = [:]
    /// Where in the log a channel's epoch is first mentioned.
    private var firstSeen: [Numbering: Int] = [:]
    private var epochsSeen: [String: Set<String>] = [:]

    init(_ events: [LogEvent]) {
        for (index, event) in events.enumerated() {
            add(event, index)
            guard let channel = event.channel, let epoch = event.epoch else { continue }
            epochsSeen[channel, default: []].insert(epoch)
            let numbering = Numbering(channel: channel, epoch: epoch)
            if firstSeen[numbering] == nil { firstSeen[numbering] = index }
            guard let offset = event.offset, [.ack, .recv, .read].contains(event.kind) else { continue }
            let place = Place(channel: channel, epoch: epoch, offset: offset)
            placed.append((place, event))
            if event.kind == .read { readings[event.who]?.places[place] = event }
        }
    }

    /// Whether a channel is known to have had another epoch before, and its last one was first seen after that event.
    func changed(_ channel: String, to epoch: String, after index: Int) -> Bool {
        let seen = firstSeen[Numbering(channel: channel, epoch: epoch)] ?? 0
        return seen > index && epochsSeen[channel, default: []].count > 1
    }

    private mutating func add(_ event: LogEvent, _ index: Int) {
        let channel = event.channel ?? ""
        switch event.kind {
        case .ack: acks.append((index, event))
        case .read:
            deliveriesBeforeTheEnd = deliveries.count
            var reading = readings[event.who] ?? Reading()
            readings[event.who] = nil
            if event.offset != nil { reading.reads[channel, default: []].append(event) }
            if event.offset != nil, let key = event.key { reading.keys[key, default: []].append(event) }
            reading.epochs[channel] = event.epoch
            readings[event.who] = reading
        case .send:
            if let key = event.key { sentKeys[channel, default: []].insert(key) }
        case .recv, .subscribed, .recovered, .resync, .closed: deliveries.append(event)
        case .nack: break
        }
    }
}
