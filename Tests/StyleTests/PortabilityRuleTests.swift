import Testing

@Suite struct PortabilityRuleTests {
    private func findings(_ text: String) -> [Violation] {
        PortabilityRule.violations(path: "README.md", text: text)
    }

    @Test(arguments: PortabilityRule.folders)
    func machinePath_isFound(_ folder: String) {
        for text in [
            "cd \(folder)/x", "\(folder)/x", "`\(folder)`", "\"\(folder)\"", "DIR=\(folder)/a",
            "a \(folder)s \(folder)/b",
        ] {
            #expect(findings("\n\(text)\n").map(\.line) == [2], "\(text)")
        }
        for text in [
            "net\(folder)/x", "https://a.example\(folder)/x", "\(folder)ers", "\(folder)-1", ".\(folder)/a",
            "$A\(folder)/b",
        ] {
            #expect(findings(text).isEmpty, "\(text)")
        }
    }

    @Test(arguments: PortabilityRule.hosts + PortabilityRule.options)
    func registry_isFound(_ name: String) {
        let found = findings("pip \(name) x").map(\.description)
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("README.md:1: [portable] ") == true)
    }

    @Test func plainText_isAllowed() {
        #expect(findings("swift build at github.com, /tmp and /usr/include/sqlite3.h").isEmpty)
    }
}
