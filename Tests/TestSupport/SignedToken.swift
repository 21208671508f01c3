extension ServerProcess {
    /// A token for a user, as the command `anteroom token` signs it with a secret.
    ///
    /// Errors: `ServerEnded` when the command failed.
    package static func token(user: String, secret: String) async throws -> String {
        let child = try ChildProcess(binary, ["token", "--user", user], environment: ["JWT_SECRET": secret])
        let status = try await child.waitForExit()
        guard status == .code(0), let token = child.standardOutput.split(separator: "\n").last else {
            throw ServerEnded(status: status, output: child.output)
        }
        return String(token)
    }
}
