/// How many drivers of each kind a mixed load has; they spread over the nodes.
struct LoadShape: Sendable {
    var channelCount = 40
    var apiPublisherCount = 12
    var socketPublisherCount = 4
    var writerCount = 4
    var sessionsPerWriter = 2
    var followerCount = 10
    /// Readers of event streams.
    var streamCount = 0

    /// What two nodes and a Redis on one machine take while they are cut, paused and killed.
    static let fleet = LoadShape(
        channelCount: 20, apiPublisherCount: 4, socketPublisherCount: 2, writerCount: 2, sessionsPerWriter: 4,
        followerCount: 6, streamCount: 2)
}
