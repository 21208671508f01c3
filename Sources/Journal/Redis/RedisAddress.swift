/// Where a Redis is, and how to get in.
///
/// - Guarantee: its description never shows the password.
public struct RedisAddress: Sendable, Equatable, CustomStringConvertible {
    /// The way to the server.
    public enum Endpoint: Sendable, Hashable {
        /// A name, an IPv4 or an IPv6 address without brackets; a port from 1 to 65535.
        case tcp(host: String, port: Int)
        case unix(path: String)
    }

    /// Encryption of the way: the certificate is always verified.
    public enum Encryption: Sendable, Equatable {
        case none
        /// - Parameter authorities: a PEM file of the trusted authorities; nil for those of the system.
        case tls(authorities: String?)
    }

    /// Name and password for AUTH.
    public struct Credentials: Sendable, Equatable {
        /// Nil for the default user.
        public let user: String?
        /// The password as it is, after percent-decoding.
        public let password: String

        /// Makes credentials of their parts.
        public init(user: String?, password: String) {
            self.user = user
            self.password = password
        }
    }

    /// The way to the server.
    public var endpoint: Endpoint
    /// Whether and how the way is encrypted.
    public var encryption: Encryption
    /// What to log in with; nil for none.
    public var credentials: Credentials?
    /// The number of the database, 0 unless said.
    public var database: Int

    /// The port of Redis.
    public static let standardPort = 6_379

    /// Makes an address of its parts.
    public init(
        endpoint: Endpoint, encryption: Encryption = .none, credentials: Credentials? = nil, database: Int = 0
    ) {
        self.endpoint = endpoint
        self.encryption = encryption
        self.credentials = credentials
        self.database = database
    }

    /// Reads a URL: `redis://[user:password@]host[:port][/db]`, `rediss://…[?ca=FILE]`, `redis+unix:///path[?db=1]`,
    /// `unix:///path`, and the same with `valkey` and `valkeys`.
    ///
    /// Errors: `badAddress`, with a sentence that doesn't repeat the password.
    public init(parsing text: String) throws(RedisError) {
        self = try RedisAddressParser(text).address()
    }

    /// Reads the seeds of a cluster: `host:port,host:port`. The first may be a URL; the others then take its TLS, user and
    /// password.
    ///
    /// Errors: `badAddress`.
    public static func parseNodes(_ list: String) throws(RedisError) -> [RedisAddress] {
        var nodes: [RedisAddress] = []
        for item in list.split(separator: ",", omittingEmptySubsequences: false) {
            let text = String(item.trimming(" "))
            guard !text.isEmpty else {
                throw .badAddress("the list of Redis nodes has an empty item: write host:port,host:port")
            }
            let parsed =
                try text.contains("://") ? RedisAddress(parsing: text) : RedisAddress(parsing: "redis://" + text)
            guard parsed.database == 0, case .tcp(let host, let port) = parsed.endpoint else {
                throw .badAddress("a Redis Cluster has only database 0 and no unix sockets: write host:port,host:port")
            }
            let first = nodes.first.map { text.contains("://") ? parsed : $0 } ?? parsed
            nodes.append(first.at(host: host, port: port))
        }
        return nodes
    }

    /// The same way in, at another host.
    public func at(host: String, port: Int) -> RedisAddress {
        var other = self
        other.endpoint = .tcp(host: host, port: port)
        return other
    }

    public var description: String {
        let login = credentials.map { "\($0.user ?? ""):***@" } ?? ""
        switch endpoint {
        case .unix(let path): return "redis+unix://\(login)\(path)" + (database == 0 ? "" : "?db=\(database)")
        case .tcp(let host, let port):
            let scheme = encryption == .none ? "redis" : "rediss"
            let shown = host.contains(":") ? "[\(host)]" : host
            return "\(scheme)://\(login)\(shown):\(port)" + (database == 0 ? "" : "/\(database)")
        }
    }

    /// Host and port, or path: what a message names.
    public var place: String {
        switch endpoint {
        case .unix(let path): path
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        }
    }
}

extension Substring {
    /// Without that character at both ends.
    func trimming(_ character: Character) -> Substring {
        var rest = self
        while rest.first == character { rest.removeFirst() }
        while rest.last == character { rest.removeLast() }
        return rest
    }
}
