import Gateway

/// What is printed once the node serves: where the data is, what is open, what to try.
struct StartBanner {
    private let configuration: Configuration
    private let address: String

    init(_ configuration: Configuration, port: Int) {
        self.configuration = configuration
        let host = configuration.gateway.host
        address = "\(configuration.tls == nil ? "http" : "https")://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }

    /// The lines, one sentence each.
    var lines: [String] {
        let (store, gateway) = (configuration.store, configuration.gateway)
        let promise = store.durability == .disk ? "every acknowledgement is on the disk" : "acknowledged = with the OS"
        let sockets = gateway.insecure ? "sockets are open to everyone" : "sockets ask for a token"
        let api =
            gateway.apiKeys.isOpen
            ? "the API is open"
            : gateway.apiKeys.hasKey ? "the API asks for its key" : "the API is closed (no API_KEY)"
        let key = gateway.apiKeys.isOpen ? "" : " -H \"X-API-Key: $API_KEY\""
        let fleet = configuration.fleet.map {
            "fleet: shares its journal through \($0.place); serves as soon as it has joined"
        }
        let links: String? =
            configuration.signsLinksByJournal
            ? "links: signed with a secret that is in the journal (no PERSISTENT_SESSION_SECRET)" : nil
        return [
            "anteroom \(Anteroom.version) serves on \(address)",
            "store: \(store.dataDirectory)/anteroom.sqlite"
                + (fleet == nil
                    ? ", durability \(store.durability.rawValue): \(promise)" : ", a copy of the fleet's state"),
            fleet,
            "open:  \(sockets); \(api)\(configuration.isProduction ? "" : " (development)")",
            links,
            "try:   curl -d '{\"channel\":\"chat:42\",\"data\":{\"text\":\"hello\"}}'\(key) \(address)/api/publish",
            "       curl -N \(address)/events/chat:42",
            "       curl -d '{\"document\":{\"step\":1}}'\(key) \(address)/api/sessions",
        ].compactMap { $0 }
    }

    /// Writes the lines to standard output at once, also into a pipe.
    func print() { Output.line(lines.joined(separator: "\n")) }
}
