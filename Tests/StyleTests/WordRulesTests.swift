import Testing

@Suite struct WordRulesTests {
    private func file(_ text: String, path: String = "Sources/Store/Sample.swift") -> SourceFile {
        SourceFile(path: path, text: text)
    }

    @Test(arguments: [
        ("struct ConnectionManager {", 1), ("enum Utils {}", 1), ("let a = ParseHelper()", 1),
        ("FileManager.default", 0),
        ("// a Manager in prose", 0), ("let a = \"Utils\"", 0), ("struct Managers2 {}", 0),
    ])
    func bannedName_isFoundInCodeOnly(_ line: String, _ count: Int) {
        #expect(Rule.bannedName.violations(in: file(line)).count == count)
    }

    @Test func bannedName_isFoundInTheFileName() {
        let violations = Rule.bannedName.violations(in: file("", path: "Sources/Store/StringUtils.swift"))
        #expect(violations.map(\.line) == [1])
    }

    @Test(arguments: [
        ("a() // TODO: later", 1), ("/* one\nFIXME */", 1), ("let a = \"TODO\"", 0), ("let TODOS = 1 // TODOS", 0),
    ])
    func bannedMark_isFoundInCommentsOnly(_ text: String, _ count: Int) {
        #expect(Rule.bannedMark.violations(in: file(text)).count == count)
    }

    @Test(arguments: [
        ("let a = try! b()", 1), ("let a = b as! C", 1), ("fatalError(\"no\")", 1), ("fatalError (\"no\")", 1),
        ("let a = try b()", 0),
        ("let a = b as? C", 0), ("// try! and fatalError()", 0), ("let a = \"try! \\(b as! C)\"", 1),
        ("let a = #\"try! \"as!\"#", 0),
        ("if a != b as C {", 0), ("if try !a() {", 0), ("retry!", 0), ("(try! a())", 1),
    ])
    func trap_isFoundInCodeOnly(_ line: String, _ count: Int) {
        #expect(Rule.trap.violations(in: file(line)).count == count)
    }

    @Test(arguments: [
        ("final class A: @unchecked Sendable {}", 1), ("nonisolated(unsafe) var a = 1", 1),
        ("// SAFETY: written once\nnonisolated(unsafe) var a = 1", 0),
        ("// SAFETY: a\n\n\nclass A: @unchecked Sendable {}", 0),
        ("// SAFETY: a\n\n\n\nclass A: @unchecked Sendable {}", 1), ("struct A: Sendable {}", 0),
        ("let a = \"SAFETY:\"\nclass A: @unchecked Sendable {}", 1),
    ])
    func unsafeProof_mustStandRightAbove(_ text: String, _ count: Int) {
        #expect(Rule.unsafeProof.violations(in: file(text)).count == count)
    }

    @Test(arguments: [
        ("let a = try? b()", 1), ("let a = try? b()  // nothing to lose", 0),
        ("// nothing to lose\nlet a = try? b()", 0),
        ("// far away\n\nlet a = try? b()", 1), ("let a = \"//\"; let b = try? c()", 1), ("let a = try b()", 0),
    ])
    func lostError_needsAReason(_ text: String, _ count: Int) {
        #expect(Rule.lostError.violations(in: file(text)).count == count)
    }
}
