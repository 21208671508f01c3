import NIOCore

/// Where `--into` points.
enum ImportDestination: Sendable {
    case node(NodeAddress, apiKey: String?)
    case directory(StoreSettings)

    /// Reads the flags.
    ///
    /// - Errors: ``Exit``, or a ``ConfigurationError`` of a setting that a directory is opened with.
    init(_ into: String, apiKey flag: String?, environment: [String: String]) throws {
        if let address = NodeAddress(into) {
            let apiKey = flag ?? environment[SettingName.apiKey.rawValue].flatMap { $0.isEmpty ? nil : $0 }
            if let apiKey, Setting.of(.apiKey)?.accepts(apiKey) != true {
                throw Exit(.usage, "The API key is not usable; accepted is a text that is not empty, in one line.")
            }
            self = .node(address, apiKey: apiKey)
            return
        }
        guard !into.isEmpty, !into.contains("://") else {
            throw Exit(
                .usage,
                "--into is \"\(Self.shown(into))\"; accepted is a node, like http://host:port, or a data directory.")
        }
        guard flag == nil else { throw Exit(.usage, "--api-key goes with a node, not with a data directory.") }
        self = .directory(
            StoreSettings(try SettingValues(flags: [.dataDirectory: into], environment: environment, file: [:])))
    }

    /// Opens it.
    func target(group: any EventLoopGroup) throws -> any ImportTarget {
        switch self {
        case .node(let address, let apiKey): NodeTarget(address, apiKey: apiKey, group: group)
        case .directory(let settings): try DirectoryTarget(settings)
        }
    }

    /// A URL without what may be a password in it.
    private static func shown(_ text: String) -> String {
        guard let at = text.lastIndex(of: "@"), let scheme = text.firstRange(of: "://"), scheme.upperBound <= at else {
            return text
        }
        return text[..<scheme.upperBound] + "…" + text[at...]
    }
}
