import Journal
import NIOCore
import NIOPosix
import TestSupport
import Testing

@Suite struct RedisServerInfoTests {
    private func info(
        version: String = "7.0.15", role: String = "master", cluster: String = "0", extra: String = ""
    ) throws(RedisError) -> RedisServerInfo {
        let text = "# Server\r\nredis_version:\(version)\r\nrun_id:aa\r\nrole:\(role)\r\nmaster_replid:bb\r\n"
        return try RedisServerInfo(parsing: Array((text + "cluster_enabled:\(cluster)\r\n" + extra).utf8))
    }

    @Test func server_thatCarriesTheJournal_isVerified() throws {
        let valkey = try info(version: "7.2.4", extra: "valkey_version:8.0.1\r\naof_enabled:1\r\n")
        try valkey.verify(usesNodes: false)
        #expect(valkey.valkeyVersion == "8.0.1" && valkey.persistence == .appendOnly)
        try info(cluster: "1").verify(usesNodes: true)
        try info(version: "10.1").verify(usesNodes: false)
    }

    @Test func server_thatDoesNot_isOneSentence() throws {
        for version in ["6.2.14", "6.9", "x", ""] {
            let old = try info(version: version)
            #expect(
                throws: RedisError.unsupportedVersion("Redis \(version) is too old: 7.0 or newer, or Valkey, is needed")
            ) {
                try old.verify(usesNodes: false)
            }
        }
        let node = try info(cluster: "1")
        #expect(
            throws: RedisError.clusterWithoutFlag(
                "this Redis is a node of a cluster: name its nodes in REDIS_NODES=host:port,…")
        ) {
            try node.verify(usesNodes: false)
        }
        let replica = try info(role: "slave")
        #expect(throws: RedisError.notAPrimary("this Redis is a replica: the journal needs the address of the primary"))
        {
            try replica.verify(usesNodes: false)
        }
    }

    @Test(arguments: [
        "", "redis_version:7.0.0\r\n", "redis_version:7.0.0\r\nrun_id:a\r\n", "run_id:a\r\nmaster_replid:b\r\n",
    ])
    func text_thatIsNotOfRedis_isRefused(text: String) {
        #expect(throws: RedisError.self) { _ = try RedisServerInfo(parsing: Array(text.utf8)) }
    }

    @Test(.enabled(if: RedisServer.isInstalled, "no redis-server"))
    func server_whenAsked_tellsAboutItself() async throws {
        var options = RedisServer.Options()
        options.arguments = ["--maxmemory-policy", "allkeys-lru"]
        let server = try await RedisServer(options)
        let address = try RedisAddress(parsing: "redis://127.0.0.1:\(server.port)")
        let connection = try await RedisConnection.connect(
            to: address, on: MultiThreadedEventLoopGroup.singleton.next())
        let first = try await RedisServerInfo.read(on: connection, deadline: .seconds(5)).get()
        #expect(first.role == .primary && !first.isCluster && first.evictionPolicy == "allkeys-lru")
        #expect(first.persistence == .none && first.isAppendOnly == false)
        try server.command("DEBUG", "CHANGE-REPL-ID")
        try server.command("CONFIG", "SET", "save", "60 1")
        let second = try await RedisServerInfo.read(on: connection, deadline: .seconds(5)).get()
        #expect(second.replicationID != first.replicationID && second.runID == first.runID)
        #expect(second.persistence == .snapshots)
    }
}
