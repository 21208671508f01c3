/// Judges whether a secret could be guessed.
enum SecretStrength {
    /// Shortest secret that is accepted.
    static let minimumCharacters = 32

    /// Pieces of secrets that stand in tutorials and sample files; 32 random characters never hold one.
    private static let known = [
        "changeme", "change-me", "change_me", "change-in-production", "change_in_production", "change-this",
        "change_this",
        "replace-me", "replace_me", "replace-this", "your-secret", "your_secret", "your-super-secret", "your-256-bit",
        "your-jwt", "your-production", "my-secret", "my_secret", "supersecret", "super-secret", "super_secret",
        "secretsecret", "placeholder",
        "example", "password", "development", "-secret-key", "_secret_key", "session-secret",
        "0123456789abcdef0123456789abcdef",
        "12345678901234567890", "abcdefghijklmnop",
    ]

    /// Returns what is wrong with a secret as the end of "it …", or nil when nothing is.
    static func weakness(_ secret: String) -> String? {
        if secret.count < minimumCharacters { return "has fewer than \(minimumCharacters) characters" }
        let lowered = secret.lowercased()
        if known.contains(where: lowered.contains) { return "contains a text that stands in many samples" }
        let characters = Array(lowered)
        // "aaaa…" has a period of one, "abcabc…" of three.
        for period in 1...(minimumCharacters / 4)
        where (period..<characters.count).allSatisfy({
            characters[$0] == characters[$0 - period]
        }) {
            return period == 1 ? "repeats one character" : "repeats a few characters"
        }
        return nil
    }
}
