import Journal

/// Holds what a node has to know to share its journal.
struct FleetSettings: Sendable, Equatable {
    let target: RedisTarget
    let prefix: String
    let waitReplicas: Int
    let leaseMilliseconds: Int64

    /// Where Redis is, without a password.
    var place: String { target.place }

    /// Nil where neither a URL nor nodes of a cluster are set.
    static func read(_ values: SettingValues) throws(ConfigurationError) -> FleetSettings? {
        let (url, nodes) = (values.text(.redisURL), values.text(.redisNodes))
        guard url == nil || nodes == nil else { throw .contradiction(.redisURL, .redisNodes) }
        let target: RedisTarget
        do throws(RedisError) {
            if let url {
                target = .single(try RedisAddress(parsing: url))
            } else if let nodes {
                target = .cluster(seeds: try RedisAddress.parseNodes(nodes))
            } else {
                return nil
            }
        } catch { throw .badAddress(setting: url == nil ? .redisNodes : .redisURL, reason: error.description) }
        let prefix = values.text(.journalPrefix) ?? "anteroom"
        guard StreamKeys.accepts(prefix: prefix) else {
            throw .badAddress(setting: .journalPrefix, reason: "it may have neither braces nor spaces")
        }
        return FleetSettings(
            target: target, prefix: prefix, waitReplicas: values.int(.waitReplicas),
            leaseMilliseconds: values.integer(.nodeLease))
    }
}

extension RedisTarget {
    /// Where Redis is, without a password.
    var place: String {
        switch self {
        case .single(let address): address.description
        case .cluster(let seeds): "the cluster at " + seeds.map(\.place).joined(separator: ",")
        }
    }
}
