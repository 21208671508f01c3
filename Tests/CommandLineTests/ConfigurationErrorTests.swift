import Testing

@testable import anteroom

/// Every sentence that a wrong configuration ends with, word by word: they are part of what users see.
@Suite struct ConfigurationErrorTests {
    private static let make = "make one with `openssl rand -hex 32`"
    private static let weak = ["ENVIRONMENT": "production", "JWT_SECRET": "short"]

    /// What production needs, with one value changed.
    private static func production(_ variable: String, _ value: String) -> [String: String] {
        Samples.production.merging([variable: value]) { $1 }
    }

    @Test(arguments: [
        (["PORT": "abc"], "PORT in the environment is \"abc\"; accepted is a whole number from 0 to 65535."),
        (["WS_PORT": "-1"], "WS_PORT in the environment is \"-1\"; accepted is a whole number from 0 to 65535."),
        (
            ["WS_PING_INTERVAL": "5"],
            "WS_PING_INTERVAL in the environment is \"5\"; accepted is 0 (off) or a whole number from 1000 to 3600000."
        ),
        (["NODE_ENV": "prod"], "NODE_ENV in the environment is \"prod\"; accepted is development, test, production."),
        (
            ["ALLOWED_ORIGINS": "app"],
            "ALLOWED_ORIGINS in the environment is \"app\"; accepted is *, null, or origins like https://app.example.com and "
                + "https://*.example.com, with commas between them."
        ),
        (
            ["JWT_SECRET": "a\nb"],
            "JWT_SECRET in the environment is not usable; accepted is a text that is not empty, in one line."
        ),
        (["ENVIRONMENT": "production"], "JWT_SECRET is not set, which ENVIRONMENT=production needs; \(make)."),
        (weak, "JWT_SECRET is too weak: it has fewer than 32 characters; \(make)."),
        (
            ["HOST": "0.0.0.0", "JWT_SECRET": "short"],
            "JWT_SECRET is too weak: it has fewer than 32 characters; \(make)."
        ),
        (
            ["ENVIRONMENT": "production", "JWT_SECRET": Samples.secret, "API_KEY": "x"],
            "API_KEY is too weak: it has fewer than 32 characters; \(make)."
        ),
        (
            ["ENVIRONMENT": "production", "JWT_SECRET": Samples.secret, "JWT_SECRET_PREVIOUS": "aaa"],
            "JWT_SECRET_PREVIOUS is too weak: it has fewer than 32 characters; \(make)."
        ),
        (
            ["JWT_SECRET_PREVIOUS": "x"],
            "JWT_SECRET_PREVIOUS is set without JWT_SECRET; set JWT_SECRET too, or neither."
        ),
        (["API_KEY_PREVIOUS": "x"], "API_KEY_PREVIOUS is set without API_KEY; set API_KEY too, or neither."),
        (
            ["HOST": "0.0.0.0"],
            "HOST=0.0.0.0 can be reached from other machines, but without JWT_SECRET everything is open; "
                + "set JWT_SECRET (\(make)), or listen on HOST=127.0.0.1."
        ),
    ])
    func environment_whenWrong_isOneSentence(environment: [String: String], sentence: String) {
        #expect(Samples.sentence(environment) == sentence)
    }

    private static let links: [([String: String], String)] = [
        (
            ["ENVIRONMENT": "production", "JWT_SECRET": Samples.secret],
            "PERSISTENT_SESSION_SECRET is not set, which ENVIRONMENT=production needs; \(make)."
        ),
        (
            production("PERSISTENT_SESSION_SECRET", "short"),
            "PERSISTENT_SESSION_SECRET is too weak: it has fewer than 32 characters; \(make)."
        ),
        (
            production("PERSISTENT_SESSION_SECRET", String(repeating: "a", count: 40)),
            "PERSISTENT_SESSION_SECRET is too weak: it repeats one character; \(make)."
        ),
        (
            production("PERSISTENT_SESSION_SECRET", "default-secret-change-in-production-0001"),
            "PERSISTENT_SESSION_SECRET is too weak: it contains a text that stands in many samples; \(make)."
        ),
        (
            production("PERSISTENT_SESSION_SECRET_PREVIOUS", "short"),
            "PERSISTENT_SESSION_SECRET_PREVIOUS is too weak: it has fewer than 32 characters; \(make)."
        ),
        (
            ["PERSISTENT_SESSION_SECRET_PREVIOUS": "x"],
            "PERSISTENT_SESSION_SECRET_PREVIOUS is set without PERSISTENT_SESSION_SECRET; "
                + "set PERSISTENT_SESSION_SECRET too, or neither."
        ),
        (
            ["WAITING_ROOM_ACTIVITIES": "raffle;poll"],
            "WAITING_ROOM_ACTIVITIES in the environment is \"raffle;poll\"; accepted is names of 1 to 64 letters, digits and "
                + "any of - _, with commas between them."
        ),
    ]

    @Test(arguments: links)
    func environment_whenWrongForLinks_isOneSentence(environment: [String: String], sentence: String) {
        #expect(Samples.sentence(environment) == sentence)
    }

    @Test(arguments: [
        ("", "a.json ends too early (line 1, column 1); accepted is one JSON object."),
        ("[]", "a.json is not an object (line 1, column 1); accepted is one JSON object."),
        ("{\n  \"port\": 1,\n  x\n}", "a.json lacks a key in quotes (line 3, column 3); accepted is one JSON object."),
        (
            "{\"port\":1,\"port\":2}",
            "a.json has the key \"port\" twice (line 1, column 17); accepted is one JSON object."
        ),
        ("{} {}", "a.json goes on after its end (line 1, column 4); accepted is one JSON object."),
    ])
    func file_whenMalformed_namesThePlace(text: String, end: String) {
        #expect(Samples.sentence(file: text) == "The configuration file \(end)")
    }

    @Test(arguments: [
        (#"{"prot":1}"#, "prot; did you mean port?"),
        (#"{"client":{"tokne":{}}}"#, "client.tokne; did you mean client.token?"),
        (
            #"{"client":{"token":{"hmac_secret":""}}}"#,
            "client.token.hmac_secret; did you mean client.token.hmac_secret_key?"
        ),
        (#"{"clients":{"insecure":true}}"#, "clients; did you mean client?"),
        (
            #"{"client":{"alowed_origins":[]}}"#, "client.alowed_origins; did you mean client.allowed_origins?"
        ),
        (
            #"{"channel":{"namespaces":[{"name":"ab"},{"name":"chat","histroy_size":1}]}}"#,
            "channel.namespaces[1].histroy_size; did you mean channel.namespaces[1].history_size?"
        ),
        (
            #"{"channel":{"without_namespace":{"name":"x"}}}"#,
            "channel.without_namespace.name; `anteroom config --keys` lists those that exist."
        ),
        (#"{"":1}"#, "\"\"; `anteroom config --keys` lists those that exist."),
        (#"{"client.insecure":true}"#, "\"client.insecure\"; `anteroom config --keys` lists those that exist."),
        (#"{"client":{"a\nb":true}}"#, "client.\"a\\u000ab\"; `anteroom config --keys` lists those that exist."),
        (#"{"redis":{}}"#, "redis; `anteroom config --keys` lists those that exist."),
    ])
    func file_whenKeyIsUnknown_namesThePath(text: String, end: String) {
        #expect(Samples.sentence(file: text) == "The configuration file a.json has the unknown key \(end)")
    }

    @Test(arguments: [
        (#"{"port":"80"}"#, "port; accepted is a whole number from 0 to 65535."),
        (#"{"port":80.5}"#, "port; accepted is a whole number from 0 to 65535."),
        (#"{"port":null}"#, "port; accepted is a whole number from 0 to 65535."),
        (#"{"client":7}"#, "client; accepted is an object."),
        (#"{"client":{"insecure":"yes"}}"#, "client.insecure; accepted is true or false."),
        (#"{"http_api":{"key":7}}"#, "http_api.key; accepted is a text that is not empty, in one line."),
        (#"{"http_api":{"key":""}}"#, "http_api.key; accepted is a text that is not empty, in one line."),
        (
            #"{"client":{"allowed_origins":"*"}}"#,
            "client.allowed_origins; accepted is a list of origins like https://app.example.com, * or null."
        ),
        (
            #"{"client":{"allowed_origins":[]}}"#,
            "client.allowed_origins; accepted is a list of origins like https://app.example.com, * or null."
        ),
        (
            #"{"waiting_room_activities":"raffle"}"#,
            "waiting_room_activities; accepted is a list of names of 1 to 64 letters, digits and any of - _."
        ),
        (#"{"channel":{"namespaces":{}}}"#, "channel.namespaces; accepted is a list of at most 1000 objects."),
        (#"{"channel":{"namespaces":[7]}}"#, "channel.namespaces[0]; accepted is an object."),
        (
            #"{"channel":{"without_namespace":{"history_ttl":300}}}"#,
            "channel.without_namespace.history_ttl; accepted is a span of time like \"300s\", \"24h\" or \"0\"."
        ),
        (
            #"{"channel":{"without_namespace":{"history_size":-1}}}"#,
            "channel.without_namespace.history_size; accepted is a whole number from 0 to 1000000."
        ),
        (
            #"{"channel":{"namespaces":[{"name":"chat"},{"name":"chat"}]}}"#,
            "channel.namespaces[1].name; accepted is a name that is not listed twice."
        ),
    ])
    func file_whenValueIsWrong_saysWhatIsAccepted(text: String, end: String) {
        #expect(Samples.sentence(file: text) == "The configuration file a.json has a wrong value at \(end)")
    }

    @Test(arguments: [
        "{}", #"{"name":"a"}"#, #"{"name":"session"}"#, #"{"name":"a:b"}"#, #"{"name":"$ab"}"#, #"{"name":"ünïcode"}"#,
    ])
    func namespace_whenNameIsUnfit_saysTheRule(entry: String) {
        #expect(
            Samples.sentence(file: #"{"channel":{"namespaces":[\#(entry)]}}"#)
                == "The configuration file a.json has a wrong value at channel.namespaces[0].name; accepted is "
                + "a name of 2 to 64 letters, digits and any of - _ . that is not session, waiting or presence.")
    }

    @Test func insecure_isRefusedInProductionAndWhereOthersCanReachIt() {
        let file = #"{"client":{"insecure":true}}"#
        let production = Samples.production
        #expect(
            Samples.sentence(production, file: file)
                == "client.insecure is true in the configuration file, which ENVIRONMENT=production does not accept; remove it."
        )
        #expect(
            Samples.sentence(["HOST": "0.0.0.0", "JWT_SECRET": Samples.secret], file: file)
                == "HOST=0.0.0.0 can be reached from other machines, but client.insecure in the configuration file opens "
                + "everything; remove it, or listen on HOST=127.0.0.1.")
        #expect(Samples.sentence(["JWT_SECRET": "x"], file: file) == nil)
    }

    @Test func flag_whenWrong_isNamedAsFlag() {
        #expect(
            Samples.sentence(flags: [.dataDirectory: ""])
                == "The flag --data-dir is \"\"; accepted is a text that is not empty, in one line.")
    }
}
