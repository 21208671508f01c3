import ArgumentParser
import Gateway
import Testing

@testable import anteroom

/// Keys of tokens from files and from the configuration file.
@Suite struct TokenKeysTests {
    private static let inline = Samples.pem.replacing("\n", with: "\\n")

    @Test func publicKeyFile_isTheKeyAndItsAlgorithm() throws {
        let gateway = try Samples.configuration(["JWT_PUBLIC_KEY_FILE": Samples.keys.entry("key.pem")]).gateway
        #expect(gateway.tokens.algorithm == .edDSA && gateway.tokens.hasKey)
        #expect(!gateway.insecure && !gateway.allowAnonymous)
        let explicit = ["JWT_PUBLIC_KEY_FILE": Samples.keys.entry("key.pem"), "JWT_ALGORITHM": "EdDSA"]
        #expect(try Samples.configuration(explicit).gateway.tokens.algorithm == .edDSA)
    }

    @Test func production_withAPublicKey_needsNoSecret() throws {
        var environment = Samples.production
        environment["JWT_SECRET"] = nil
        #expect(Samples.sentence(environment)?.hasPrefix("JWT_SECRET is not set") == true)
        environment["JWT_JWKS_FILE"] = Samples.keys.entry("keys.json")
        let gateway = try Samples.configuration(environment).gateway
        #expect(gateway.tokens.keySet != nil && !gateway.insecure)
    }

    @Test func keys_inTheFile_areThoseOfCentrifugo() throws {
        let gateway = try Samples.configuration(
            file: """
                {"client":{"token":{"ecdsa_public_key":"\(Self.inline)","audience":"app","issuer":"us"},
                 "subscription_token":{"enabled":true,"hmac_secret_key":"s","hmac_algorithm":"HS512"},
                 "disallow_anonymous_connection_tokens":true,
                 "subscribe_to_user_personal_channel":{"enabled":true,"personal_channel_namespace":"user",
                   "single_connection":true}},
                 "channel":{"namespaces":[{"name":"user","allow_user_limited_channels":true,"channel_regex":"^#"}]}}
                """
        ).gateway
        #expect(gateway.tokens.algorithm == .edDSA)
        #expect(gateway.subscriptionTokens?.algorithm == .hs512 && !gateway.allowAnonymousTokens)
        #expect(gateway.personalChannel == PersonalChannel(namespace: "user", isSingle: true))
        let options = try gateway.namespaces.resolve("user:#7").get().options
        #expect(options.allowUserLimitedChannels && options.pattern?.text == "^#")
    }

    @Test func subscriptionKeys_whenNotEnabled_areThoseOfConnectionTokens() throws {
        let file = #"{"client":{"subscription_token":{"enabled":false,"hmac_secret_key":"s"}}}"#
        let gateway = try Samples.configuration(file: file).gateway
        #expect(gateway.subscriptionTokens == nil && gateway.personalChannel == nil && gateway.allowAnonymousTokens)
    }

    @Test(arguments: [
        (
            ["JWT_SECRET": "s", "JWT_PUBLIC_KEY_FILE": "PEM"],
            "JWT_SECRET and JWT_PUBLIC_KEY_FILE are both set; accepted is one of them, so that tokens have one kind of signature."
        ),
        (
            ["JWT_JWKS_FILE": "SET", "JWT_ALGORITHM": "EdDSA"],
            "JWT_ALGORITHM and JWT_JWKS_FILE are both set; accepted is one of them, so that tokens have one kind of signature."
        ),
        (
            ["JWT_PUBLIC_KEY_FILE": "PEM", "JWT_ALGORITHM": "HS256"],
            "JWT_PUBLIC_KEY_FILE can't be used: its key is for EdDSA, not for HS256."
        ),
        (
            ["JWT_SECRET": "s", "JWT_ALGORITHM": "RS256"],
            "JWT_ALGORITHM can't be used: RS256 needs a public key; name its file with JWT_PUBLIC_KEY_FILE."
        ),
        (["JWT_PUBLIC_KEY_FILE": "nowhere.pem"], "JWT_PUBLIC_KEY_FILE can't be used: nowhere.pem can't be read."),
        (
            ["JWT_PUBLIC_KEY_FILE": "SET"],
            "JWT_PUBLIC_KEY_FILE can't be used: it holds no public key; accepted is PEM that starts with -----BEGIN PUBLIC KEY-----."
        ),
        (["JWT_JWKS_FILE": "PEM"], "JWT_JWKS_FILE can't be used: it has a value that JSON doesn't know (byte 1)."),
    ])
    func key_whenItCanNotBeUsed_isOneSentence(environment: [String: String], sentence: String) {
        let paths = ["PEM": Samples.keys.entry("key.pem"), "SET": Samples.keys.entry("keys.json")]
        #expect(Samples.sentence(environment.mapValues { paths[$0] ?? $0 }) == sentence)
    }

    @Test(arguments: [
        (
            #"{"client":{"token":{"jwks_public_endpoint":"https://id.example/jwks"}}}"#,
            "The configuration file a.json has client.token.jwks_public_endpoint, but keys are never fetched over the network; "
                + "save them to a file and name it with JWT_JWKS_FILE."
        ),
        (
            #"{"client":{"subscription_token":{"enabled":true}}}"#,
            "client.subscription_token.enabled can't be used: there is no key beside it."
        ),
        (
            #"{"client":{"subscription_token":{"enabled":true,"hmac_secret_key":"s","hmac_algorithm":"none"}}}"#,
            "client.subscription_token.hmac_algorithm can't be used: accepted is HS256, HS384, HS512, RS256, RS384, RS512, "
                + "ES256, ES384, ES512, EdDSA."
        ),
        (
            #"{"channel":{"namespaces":[]},"client":{"subscribe_to_user_personal_channel":"#
                + #"{"enabled":true,"personal_channel_namespace":"user"}}}"#,
            "client.subscribe_to_user_personal_channel.personal_channel_namespace can't be used: channel.namespaces has no user."
        ),
        (
            #"{"channel":{"without_namespace":{"channel_regex":"["}}}"#,
            "The configuration file a.json has a wrong value at channel.without_namespace.channel_regex; accepted is "
                + "a regular expression like \"^[a-z0-9]+$\"."
        ),
        (
            #"{"client":{"token":{"rsa_public_key":7}}}"#,
            "The configuration file a.json has a wrong value at client.token.rsa_public_key; accepted is a text that is not empty."
        ),
    ])
    func file_whenKeysAreWrong_isOneSentence(file: String, sentence: String) {
        #expect(Samples.sentence(file: file) == sentence)
    }

    @Test func secret_ofSubscriptionTokens_isJudgedWhereOthersCanReachIt() {
        let file = #"{"client":{"subscription_token":{"enabled":true,"hmac_secret_key":"short"}}}"#
        #expect(
            Samples.sentence(Samples.production, file: file)
                == "client.subscription_token.hmac_secret_key is too weak: it has fewer than 32 characters; "
                + "make one with `openssl rand -hex 32`.")
    }

    @Test func tokenCommand_withAPublicKey_saysWhoSigns() throws {
        let configuration = try Samples.configuration(["JWT_PUBLIC_KEY_FILE": Samples.keys.entry("key.pem")])
        let command = try TokenCommand.parse([])
        let exit = #expect(throws: Exit.self) { try command.token(for: configuration, now: 0) }
        #expect(exit?.description.contains("whoever has the private one signs them") == true)
    }
}
