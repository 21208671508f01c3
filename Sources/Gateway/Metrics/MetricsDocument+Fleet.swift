import Store

extension MetricsDocument {
    /// How the node stands in its fleet.
    mutating func fleet(_ health: FleetHealth, _ losses: Fleet.Losses?) {
        out.gauge("anteroom_redis_up", "1 while Redis answers.", health.isAway ? 0 : 1)
        if let microseconds = health.roundTripMicroseconds {
            out.gauge(
                "anteroom_redis_round_trip_seconds", "Time of the newest question to Redis.", Double(microseconds) / 1e6
            )
        }
        if let milliseconds = health.lagMilliseconds {
            out.gauge(
                "anteroom_journal_lag_seconds", "Time from the newest entry's append to its arrival here.",
                Double(milliseconds) / 1_000)
        }
        let isFollowing = health.phase == FleetHealth.followingPhase && health.halted == nil && !health.isStalled
        out.gauge("anteroom_fleet_following", "1 while the node follows the shared journal.", isFollowing ? 1 : 0)
        out.gauge("anteroom_fleet_nodes", "Nodes that live, this one included.", Double(health.members))
        out.counter(
            "anteroom_lost_entries_total", "Entries that were applied here and that Redis has lost.", health.lostEntries
        )
        guard let losses else { return }
        out.family("anteroom_lane_dropped_total", .counter, "Messages of other nodes that could not be used.")
        out.sample("anteroom_lane_dropped_total", of: [("reason", "malformed")], losses.malformed)
        out.sample("anteroom_lane_dropped_total", of: [("reason", "unknown")], losses.unknown)
    }
}
