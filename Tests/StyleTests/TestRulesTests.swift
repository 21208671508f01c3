import Testing

@Suite struct TestRulesTests {
    private let wait = "/// Waits.\nfunc eventually() async {\n    try await Task.sleep(for: .milliseconds(5))\n}\n"

    private func test(_ text: String, path: String = "Tests/StoreTests/ATests.swift") -> SourceFile {
        SourceFile(path: path, text: text)
    }

    @Test func sleep_inATest_isFound() {
        let text = "@Test func a() async {\n    usleep(5)\n    try await Task.sleep(for: .seconds(1))\n}\n"
        #expect(Rule.sleepInTest.violations(in: test(text)).map(\.line) == [2, 3])
        #expect(Rule.sleepInTest.violations(in: test(text, path: "Sources/Store/A.swift")).isEmpty)
    }

    @Test func sleep_inEventually_isAllowedIfDocumented() {
        #expect(Rule.sleepInTest.violations(in: test(wait)).isEmpty)
        let bare = String(wait.drop { $0 != "\n" })
        #expect(Rule.sleepInTest.violations(in: test(bare)).map(\.line) == [2])
    }

    @Test func sleepers_listEveryFileThatWaits() {
        let files = [test(wait, path: "Tests/A/Wait.swift"), test("let a = 1"), test(wait, path: "Tests/B/Wait.swift")]
        #expect(Rule.sleepers(in: files) == ["Tests/A/Wait.swift", "Tests/B/Wait.swift"])
    }

    @Test(arguments: [
        ("ATests.swift", "struct A {}", 1), ("ATests.swift", "@Test func a() {}", 0), ("ATests.swift", "// @Test", 1),
        ("Support.swift", "struct A {}", 0), ("Support.swift", "@Test(arguments: [1]) func a() {}", 1),
    ])
    func testFile_andItsName_belongTogether(_ name: String, _ text: String, _ count: Int) {
        #expect(Rule.testFile.violations(in: test(text, path: "Tests/StoreTests/\(name)")).count == count)
    }
}
