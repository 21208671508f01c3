import Testing

@Suite struct SizeRulesTests {
    private func file(_ text: String, path: String = "Sources/Store/Sample.swift") -> SourceFile {
        SourceFile(path: path, text: text)
    }

    @Test(arguments: [
        ("Sources/Store/A.swift", 300, 0), ("Sources/Store/A.swift", 301, 1), ("Tests/StoreTests/A.swift", 400, 0),
        ("Tests/StoreTests/A.swift", 401, 1),
    ])
    func fileLength_atTheBound_isAllowed(_ path: String, _ lines: Int, _ violations: Int) {
        let text = String(repeating: "let a = 1\n", count: lines)
        #expect(Rule.fileLength.violations(in: file(text, path: path)).count == violations)
    }

    @Test(arguments: [
        "func f() {", "init(a: Int) throws {", "var a: Int {", "subscript(a: Int) -> Int {", "deinit {",
        "func f<T: Sequence>(\n    _ a: T, b: () -> Void = { }\n) async throws(E)\n    -> [T] where T: P\n{",
        "static func < (a: A, b: A) -> Bool {",
    ])
    func functionLength_overTheBound_isFound(_ head: String) {
        let headLines = head.split(separator: "\n").count
        func sample(_ lines: Int) -> SourceFile {
            file("struct S {\n\(head)\n" + String(repeating: "a()\n", count: lines - headLines - 1) + "}\n}\n")
        }
        #expect(Rule.functionLength.violations(in: sample(60)).isEmpty)
        let violations = Rule.functionLength.violations(in: sample(61))
        #expect(violations.map(\.line) == [2])
        #expect(violations.first?.description.hasPrefix("Sources/Store/Sample.swift:2: [function-length]") == true)
    }

    @Test func spans_whereNothingHasABody_areNone() {
        let text = """
            protocol P {
                func a() -> Int
                init(b: Int)
            }
            var stored: Int = 3
            let made = S.init(a: 1)
            """
        #expect(FunctionSpan.spans(in: file(text)).isEmpty)
    }

    @Test func spans_whereBracesStandInText_areNotMisled() {
        let text = "func a() {\n    print(\"}\") // }\n}\nfunc b() {\n}\n"
        let expected = [FunctionSpan(name: "a", first: 1, last: 3), FunctionSpan(name: "b", first: 4, last: 5)]
        #expect(FunctionSpan.spans(in: file(text)) == expected)
    }

    @Test func lineLength_overTheBound_isFound() {
        let text = String(repeating: "ü", count: 140) + "\n" + String(repeating: "a", count: 141) + "\n"
        #expect(Rule.lineLength.violations(in: file(text)).map(\.line) == [2])
    }
}
