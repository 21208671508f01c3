import Journal
import Testing

@Suite struct RedisAddressTests {
    private static let accepted: [(String, String)] = [
        ("redis://localhost", "redis://localhost:6379"),
        ("redis://localhost:6380/2", "redis://localhost:6380/2"),
        ("redis://localhost:6380/", "redis://localhost:6380"),
        ("REDIS://h", "redis://h:6379"),
        ("valkey://h:1", "redis://h:1"),
        ("rediss://h", "rediss://h:6379"),
        ("valkeys://h/1", "rediss://h:6379/1"),
        ("redis://[::1]", "redis://[::1]:6379"),
        ("redis://[fe80::1%eth0]:7", "redis://[fe80::1%eth0]:7"),
        ("redis://:secret@h", "redis://:***@h:6379"),
        ("redis://anna:secret@h:7/3", "redis://anna:***@h:7/3"),
        ("redis+unix:///tmp/r.sock?db=4", "redis+unix:///tmp/r.sock?db=4"),
        ("unix:///tmp/r.sock", "redis+unix:///tmp/r.sock"),
        ("unix://:secret@/tmp/r.sock", "redis+unix://:***@/tmp/r.sock"),
    ]

    @Test(arguments: accepted)
    func url_thatIsWellFormed_isReadAndShownWithoutPassword(text: String, shown: String) throws {
        #expect(try RedisAddress(parsing: text).description == shown)
    }

    @Test func credentials_arePercentDecoded() throws {
        let plain = try RedisAddress(parsing: "redis://us%65r:p%40ss%3A%2F%C3%A9@h").credentials
        #expect(plain == RedisAddress.Credentials(user: "user", password: "p@ss:/é"))
        let bare = try RedisAddress(parsing: "redis://:a@b@h").credentials
        #expect(bare == RedisAddress.Credentials(user: nil, password: "a@b"))
    }

    @Test func authorities_areReadFromTheOption() throws {
        let address = try RedisAddress(parsing: "rediss://h?ca=/etc/ca%20file.pem")
        #expect(address.encryption == .tls(authorities: "/etc/ca file.pem"))
        #expect(try RedisAddress(parsing: "rediss://h").encryption == .tls(authorities: nil))
    }

    @Test(arguments: [
        "", "localhost:6379", "http://h", "redis:/h", "redis://", "redis://:6379", "redis://h:", "redis://h:0",
        "redis://h:65536", "redis://h:+1", "redis://h:6x", "redis://h/x", "redis://h/-1", "redis://h/1/2",
        "redis://h/99999999999", "redis://::1", "redis://[::1", "redis://[]", "redis://[::1]x", "redis://[h]",
        "redis://user@h", "redis://user:@h", "redis://u:%zz@h", "redis://u:%4@h", "redis://u:%ff@h", "redis://h?tls=1",
        "redis://h?ca=/x", "rediss://h?ca=", "rediss://h?ca", "rediss://h?x=1", "redis://h#f", "redis://h h",
        "redis://h\n", "redis://h\u{0}", "redis://hé", "unix://", "unix:///", "unix://tmp/sock", "unix:///s?db=x",
        "unix:///s?ca=1", "redis://h:1:2",
    ])
    func url_thatIsMalformed_isOneSentence(text: String) {
        do throws(RedisError) {
            let address = try RedisAddress(parsing: text)
            Issue.record("\(text) became \(address)")
        } catch {
            guard case .badAddress(let sentence) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(sentence.contains("Redis") || sentence.contains("unix socket"))
            #expect(!sentence.contains("\n"))
        }
    }

    @Test func nodes_takeTheWayInOfTheFirst() throws {
        #expect(try RedisAddress.parseNodes("a:1, b:2,[::1]:3").map(\.place) == ["a:1", "b:2", "[::1]:3"])
        let nodes = try RedisAddress.parseNodes("rediss://:secret@a:1,b:2")
        #expect(nodes.map(\.description) == ["rediss://:***@a:1", "rediss://:***@b:2"])
    }

    @Test(arguments: ["", "a:1,", ",a:1", "a:1,,b:2", "redis://a/1", "unix:///s", "a:x"])
    func nodes_thatAreMalformed_areRefused(list: String) {
        #expect(throws: RedisError.self) { _ = try RedisAddress.parseNodes(list) }
    }
}
