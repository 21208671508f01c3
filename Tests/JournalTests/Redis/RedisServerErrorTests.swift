import Journal
import Testing

@Suite struct RedisServerErrorTests {
    private static let kinds: [(String, RedisServerError.Kind)] = [
        ("NOAUTH Authentication required.", .noAuthentication),
        ("WRONGPASS invalid username-password pair or user is disabled.", .wrongPassword),
        ("ERR AUTH <password> called without any password configured for the default user.", .wrongPassword),
        ("NOPERM this user has no permissions", .noPermission),
        ("WRONGTYPE Operation against a key", .wrongType),
        ("OOM command not allowed when used memory > 'maxmemory'.", .outOfMemory),
        ("READONLY You can't write against a read only replica.", .readOnly),
        ("LOADING Redis is loading the dataset in memory", .loading),
        ("BUSY Redis is busy running a script.", .busyScript),
        ("NOSCRIPT No matching script.", .noScript),
        ("EXECABORT Transaction discarded", .executionAborted),
        ("MISCONF Redis is configured to save", .cannotPersist),
        ("MOVED 3999 127.0.0.1:6381", .moved(slot: 3_999, host: "127.0.0.1", port: 6_381)),
        ("MOVED 0 ::1:6381", .moved(slot: 0, host: "::1", port: 6_381)),
        ("MOVED 0 :6381", .moved(slot: 0, host: "", port: 6_381)),
        ("ASK 16383 h:1", .ask(slot: 16_383, host: "h", port: 1)),
        ("MOVED 16384 h:1", .other), ("MOVED 1 h", .other), ("MOVED", .other), ("MOVED 1 h:0", .other),
        ("UNBLOCKED force unblock", .unblocked), ("MASTERDOWN Link with MASTER is down", .primaryDown),
        ("CLUSTERDOWN The cluster is down", .clusterDown), ("TRYAGAIN Multiple keys", .tryAgain),
        ("CROSSSLOT Keys in request", .crossSlot), ("NOREPLICAS Not enough good replicas to write.", .tooFewReplicas),
        ("ERR The ID specified in XADD is equal or smaller than the target stream top item", .fenced),
        ("ERR unknown command", .other), ("", .other), ("lower case text", .other), ("ÉRR x", .other),
    ]

    @Test(arguments: kinds)
    func error_byItsText_isOfItsKind(text: String, kind: RedisServerError.Kind) {
        #expect(RedisServerError(text).kind == kind)
    }
}
