import Testing

/// The house rules, checked over the whole repository.
@Suite struct TidyTests {
    @Test func tree_whenRead_isThisRepository() {
        let paths = Repository.swiftFiles.map(\.path)
        #expect(paths.contains("Tests/StyleTests/TidyTests.swift"))
        #expect(paths.contains { $0.hasPrefix("Sources/anteroom/") })
        #expect(Repository.textFiles.contains { $0.path == "Makefile" })
    }

    @Test(arguments: Rule.all)
    func rule_overTheTree_findsNothing(_ rule: Rule) {
        for violation in Repository.swiftFiles.flatMap(rule.violations) {
            Issue.record("\(violation)")
        }
    }

    @Test func portability_overTheTree_findsNothing() {
        for violation in Repository.textFiles.flatMap({ PortabilityRule.violations(path: $0.path, text: $0.text) }) {
            Issue.record("\(violation)")
        }
    }

    @Test func eventually_overTheTree_isWrittenOnce() {
        let paths = Rule.sleepers(in: Repository.swiftFiles)
        #expect(paths.count <= 1, "one wait for all tests, not one in each of \(paths)")
    }
}
