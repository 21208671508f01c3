extension Rule {
    /// A test waits on a condition: only `eventually`, which says how long it may take, lets time pass.
    static let sleepInTest = Rule(name: "sleep-in-test") { file in
        guard file.isInTests else { return [] }
        let waits = FunctionSpan.spans(in: file).filter { $0.name == "eventually" }
        return file.code.enumerated().compactMap { index, line in
            guard Token.holds(line, ["sleep", "("]) || Token.holds(line, ["usleep", "("]) else { return nil }
            let wait = waits.first { $0.first <= index + 1 && index + 1 <= $0.last }
            guard let wait else { return (index + 1, "sleeps; wait on a condition with eventually") }
            return Exported.isDocumented(file, above: wait.first - 1)
                ? nil : (wait.first, "eventually has no /// comment")
        }
    }

    /// A file called XTests.swift holds tests, and tests are only in such files.
    static let testFile = Rule(name: "test-file") { file in
        guard file.isInTests else { return [] }
        let test = file.code.firstIndex { Token.holds($0, ["@", "Test"]) }
        let isNamed = file.name.hasSuffix("Tests.swift")
        if isNamed, test == nil { return [(1, "no @Test in a file called \(file.name)")] }
        if !isNamed, let test { return [(test + 1, "a @Test in a file that is not called …Tests.swift")] }
        return []
    }

    /// Files with a function `eventually` that sleeps; one is enough for a whole repository.
    static func sleepers(in files: [SourceFile]) -> [String] {
        files.filter { file in
            file.isInTests
                && FunctionSpan.spans(in: file).contains { span in
                    span.name == "eventually"
                        && file.code[(span.first - 1)..<span.last].contains { Token.holds($0, ["sleep", "("]) }
                }
        }
        .map(\.path)
    }
}
