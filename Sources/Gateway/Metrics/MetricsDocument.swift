import Store

/// What a node tells those who watch it.
///
/// Units are in the names, as Prometheus wants it: seconds and bytes. What is counted grows from the start of the process.
struct MetricsDocument {
    /// Everything that was asked of the parts of a node.
    struct Facts {
        var connections: [(surface: Surface, count: Int)] = []
        var isDraining = false
        /// Subscribers by channel; nil while the engine doesn't answer.
        var channels: [String: Int]?
        var tally = LoopTally()
        /// Bytes that wait for clients who read slowly.
        var outboundBytes = 0
        var refusals: [String: Int] = [:]
        /// Nil while the engine doesn't answer.
        var engine: EngineStatus?
        var health: EngineHealth
        var lane: Fleet.Losses?
        var process = ProcessFigures()
        /// Units: seconds.
        var uptime: Int64 = 0
    }

    var out = Exposition()

    /// Writes all families; those of a part that doesn't answer are left out.
    static func text(_ facts: Facts) -> String {
        var document = MetricsDocument()
        document.gateway(facts)
        document.codes(facts)
        if let engine = facts.engine {
            document.journal(engine)
            document.state(engine)
        }
        document.health(facts)
        if let fleet = facts.health.fleet { document.fleet(fleet, facts.lane) }
        document.process(facts)
        return document.out.text
    }

    private mutating func gateway(_ facts: Facts) {
        out.family("anteroom_connections", .gauge, "Open connections.")
        for (surface, count) in facts.connections {
            out.sample("anteroom_connections", of: [("surface", surface.rawValue)], count)
        }
        if let channels = facts.channels {
            out.gauge(
                "anteroom_subscriptions", "Subscriptions of this node's clients.", Double(channels.values.reduce(0, +)))
            out.gauge("anteroom_channels", "Channels with subscribers on this node.", Double(channels.count))
        }
        out.counter(
            "anteroom_deliveries_total", "Publications handed to subscribers, each subscriber counted.",
            facts.tally.deliveries)
        out.gauge("anteroom_outbound_bytes", "Bytes that wait for slow clients.", Double(facts.outboundBytes))
        out.family("anteroom_event_loop_lag_seconds", .histogram, "How late event loops do what they were asked for.")
        out.histogram("anteroom_event_loop_lag_seconds", facts.tally.lag)
    }

    private mutating func codes(_ facts: Facts) {
        out.family("anteroom_errors_total", .counter, "Error replies to commands of clients.")
        codes("anteroom_errors_total", facts.tally.errors)
        out.family("anteroom_closes_total", .counter, "Connections that this node closed.")
        codes("anteroom_closes_total", facts.tally.closes)
        out.family(
            "anteroom_refusals_total", .counter, "Requests that were refused over HTTP; the log has the same codes.")
        for (code, count) in facts.refusals.sorted(by: { $0.key < $1.key }) {
            out.sample("anteroom_refusals_total", of: [("code", code)], count)
        }
    }

    private mutating func codes(_ name: String, _ counts: [LoopTally.Code: Int]) {
        let ordered = counts.sorted {
            ($0.key.surface.rawValue, $0.key.number) < ($1.key.surface.rawValue, $1.key.number)
        }
        for (code, count) in ordered {
            out.sample(name, of: [("surface", code.surface.rawValue), ("code", "\(code.number)")], count)
        }
    }

    private mutating func journal(_ engine: EngineStatus) {
        let counters = engine.counters
        out.family(
            "anteroom_journal_entries_total", .counter, "Entries that were proposed here, and those refused anywhere.")
        out.sample("anteroom_journal_entries_total", of: [("verdict", "proposed")], counters.entries)
        out.sample("anteroom_journal_entries_total", of: [("verdict", "refused")], counters.refused)
        out.counter("anteroom_publications_total", "Publications that were given an offset.", counters.publications)
        out.counter("anteroom_commits_total", "Rounds that wrote.", counters.rounds)
        out.counter("anteroom_commit_failures_total", "Rounds that could not be made durable.", counters.failedCommits)
        out.family("anteroom_commit_entries", .histogram, "Entries of one commit.")
        out.histogram("anteroom_commit_entries", counters.commitEntries)
        out.family("anteroom_commit_seconds", .histogram, "Time of a commit until it is durable.")
        out.histogram("anteroom_commit_seconds", counters.commitTime)
        out.family(
            "anteroom_commit_sync_seconds", .histogram,
            "Part of a commit that writes the log and forces it to the disk.")
        out.histogram("anteroom_commit_sync_seconds", counters.syncTime)
        out.family(
            "anteroom_recoveries_total", .counter, "Positions that clients came back with, by what came of them.")
        out.sample("anteroom_recoveries_total", of: [("verdict", "recovered")], counters.recovered)
        for reason in NotRecovered.Reason.allCases {
            out.sample(
                "anteroom_recoveries_total", of: [("verdict", reason.rawValue)], counters.notRecovered[reason] ?? 0)
        }
        out.gauge("anteroom_journal_bytes", "Size of the journal's rows.", Double(engine.journalBytes))
        out.gauge("anteroom_requests_waiting", "Requests that wait for the engine.", Double(engine.waitingRequests))
    }

    private mutating func state(_ engine: EngineStatus) {
        let counters = engine.counters
        out.gauge("anteroom_sessions", "Live sessions.", Double(engine.sessions))
        out.gauge("anteroom_state_bytes", "Memory of the state that is in memory.", Double(engine.residentBytes))
        out.family("anteroom_cache_lookups_total", .counter, "Rows that an entry or a read named, by where they were.")
        out.sample("anteroom_cache_lookups_total", of: [("result", "hit")], counters.cacheHits)
        out.sample("anteroom_cache_lookups_total", of: [("result", "miss")], counters.cacheMisses)
        out.gauge("anteroom_dirty_rows", "Rows that the next checkpoint writes.", Double(engine.dirtyRows))
        out.gauge("anteroom_flush_age_seconds", "Time since the newest checkpoint.", Double(engine.flushAge) / 1_000)
        out.family("anteroom_checkpoint_seconds", .histogram, "Time of a checkpoint.")
        out.histogram("anteroom_checkpoint_seconds", counters.checkpointTime)
    }

    private mutating func health(_ facts: Facts) {
        let isWritable = facts.health.failure == nil && !facts.health.isStuck
        out.gauge("anteroom_writable", "1 while the journal takes writes.", isWritable ? 1 : 0)
        out.gauge("anteroom_draining", "1 while the node says goodbye.", facts.isDraining ? 1 : 0)
    }

    private mutating func process(_ facts: Facts) {
        out.gauge("anteroom_uptime_seconds", "Time since the start.", Double(facts.uptime))
        out.gauge("process_resident_memory_bytes", "Resident memory.", Double(facts.process.resident))
        out.family("process_cpu_seconds_total", .counter, "Time of the processors, in user and system mode.")
        out.sample("process_cpu_seconds_total", ProcessFigures.cpuSeconds)
        out.gauge("process_open_fds", "Open file descriptors.", Double(ProcessFigures.openDescriptors))
    }
}
