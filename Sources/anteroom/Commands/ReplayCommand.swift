import ArgumentParser
import Journal
import Migrations
import Store

/// Shows what is in the journal.
struct ReplayCommand: AsyncParsableCommand {
    /// How entries are written.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case table
        case ndjson
    }

    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Print the journal of a stopped or running node, of a whole fleet, or an export, in order.",
        discussion: """
            Nothing is written to the data directory, nor to Redis. A place is a cursor (1.42), a time (2026-11-21T05:40:00Z) \
            or a span before now (-10m); both ends are included. A fleet's journal is copied into a temporary directory first, \
            from its beginning or from the oldest checkpoint that is there; where nothing tells what an entry before that did, \
            its verdict is unknown.
            """)

    @OptionGroup var data: DataDirectoryFlag
    @OptionGroup var shared: RedisFlags
    @Option(help: ArgumentHelp("Read an export instead of a data directory.", valueName: "file")) var from: String?
    @Option(help: "Only entries of this channel.") var channel: String?
    @Option(help: ArgumentHelp("Only entries of this session.", valueName: "id")) var session: String?
    @Option(help: "Only entries of this kind; may be given several times.") var kind: [String] = []
    @Option(parsing: .unconditional, help: ArgumentHelp("Only entries from here on.", valueName: "place"))
    var since: String?
    @Option(parsing: .unconditional, help: ArgumentHelp("Only entries up to here.", valueName: "place"))
    var until: String?
    @Option(help: "At most this many entries.") var limit: Int?
    @Flag(help: "Go on with new entries as they come; end with Ctrl-C.") var follow = false
    @Option(help: "table, for people, or ndjson, one JSON object a line.") var format: Format = .table
    @Option(help: ArgumentHelp("Write the entries to a file, as ndjson.", valueName: "file")) var export: String?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Print the document of --session as it was at this place.", valueName: "place"))
    var stateAt: String?

    func run() async throws {
        let now = wallClockMilliseconds()
        let filter = try filter(now: now)
        let point = try stateAt.map { try place("--state-at", $0, now: now) }
        try refuseContradictions()
        let origin = try shared.origin()
        do {
            guard let origin else {
                let directory = ReplayHome(data.directory, isFollowed: follow)
                return try await perform(filter, point, in: from.map(ReplayHome.init(export:)) ?? directory)
            }
            let interrupt = Interrupt()
            let fleet = try await FleetReplay.open(origin, interrupt)
            defer { fleet.close() }
            try await fleet.catchUp()
            try await perform(filter, point, in: ReplayHome(fleet, interrupt, isFollowed: follow))
        } catch let error as StorageError {
            throw Exit(error)
        } catch let error as JournalError {
            throw Exit(error)
        } catch let error as RedisError { throw Exit(error) }
    }

    private func perform(_ filter: EntryFilter, _ point: EntryPoint?, in home: ReplayHome) async throws {
        if let point {
            try showSession(at: point, in: home)
        } else if let export {
            try await write(try home.source(filter), to: export, home)
        } else {
            try await show(try home.source(filter), home)
        }
    }

    private func filter(now: Int64) throws -> EntryFilter {
        var filter = EntryFilter()
        filter.channel = channel ?? session.map(Session.channel)
        filter.since = try since.map { try place("--since", $0, now: now) }
        filter.until = try until.map { try place("--until", $0, now: now) }
        for name in kind {
            guard let kind = EntryKind(rawValue: name) else {
                let known = EntryKind.allCases.map(\.rawValue).joined(separator: ", ")
                throw Exit(.usage, "--kind is \"\(name)\"; accepted are \(known).")
            }
            filter.kinds.insert(kind)
        }
        return filter
    }

    private func place(_ flag: String, _ text: String, now: Int64) throws -> EntryPoint {
        if let point = EntryPoint(text, now: now) { return point }
        throw Exit(
            .usage,
            "\(flag) is \"\(text)\"; accepted is a cursor like 1.42, a time like 2026-11-21T05:40:00Z, or a span like -10m."
        )
    }

    private func refuseContradictions() throws {
        let contradictions: [(Bool, String)] = [
            (
                channel != nil && session != nil,
                "--channel and --session contradict each other; accepted is one of them."
            ),
            (
                from != nil && data.dataDir != nil,
                "--from and --data-dir contradict each other; accepted is one of them."
            ),
            (
                shared.areGiven && (from != nil || data.dataDir != nil),
                "A shared journal contradicts --from and --data-dir; accepted is one of them."
            ),
            (limit.map { $0 < 1 } ?? false, "--limit is \(limit ?? 0); accepted is a whole number from 1."),
            (stateAt != nil && session == nil, "--state-at needs --session."),
            (
                stateAt != nil
                    && (follow || export != nil || since != nil || until != nil || limit != nil || !kind.isEmpty),
                "--state-at goes with --session, --format and the journal to read only."
            ),
            (
                follow && (from != nil || export != nil || until != nil),
                "--follow reads a journal on and on; it doesn't go with --from, --export or --until."
            ),
        ]
        for (isTrue, sentence) in contradictions where isTrue { throw Exit(.usage, sentence) }
    }
}
