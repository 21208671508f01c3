@testable import Gateway

/// Secrets and a link that were worked out with Python's `hmac`, so that the tests hold the format and not the code.
enum LinkSamples {
    static let secretText = "a-secret-of-the-tests-0123456789abcdef"
    static let secrets = LinkSecrets(current: Array(secretText.utf8))
    static let others = LinkSecrets(current: Array("another-secret-of-the-tests-0123456789".utf8))
    /// The same after one replacement.
    static let replaced = LinkSecrets(
        current: Array("another-secret-of-the-tests-0123456789".utf8), previous: Array(secretText.utf8))

    static let activity = "raffle"
    static let code = "teach-1234"
    static let hashText = "0a1b2c3d9144f57e88f5"
    static let now: Int64 = 1_795_000_000_000

    static var hash: LinkHash { get throws { try LinkHash(hashText) } }

    /// The fault that a check ends with; nil when it succeeds.
    static func fault(_ body: () throws -> Void) -> LinkFault? {
        do {
            try body()
            return nil
        } catch { return error as? LinkFault }
    }
}
