import Testing

@Suite struct DocumentationRulesTests {
    private func count(_ text: String, path: String = "Sources/Store/Sample.swift") -> Int {
        Rule.documented.violations(in: SourceFile(path: path, text: text)).count
    }

    @Test(arguments: [
        "public struct A {}", "package func a() {}", "open class A {}", "public private(set) var a = 1",
        "public static let a = 1",
        "@discardableResult public func a() -> Int { 1 }", "@inlinable\npublic init() {}", "    public typealias B = C",
        "public final class A {}", "public class func a() {}", "public nonisolated(unsafe) var a = 1",
        "package subscript(a: Int) -> Int { 1 }",
        "package indirect enum A {}", "/// Says it.\n\npublic let a = 1", "// Not a doc comment.\npublic let a = 1",
        "static public func a() {}", "package protocol A {}", "public nonisolated func a() async {}",
    ])
    func exported_withoutDocComment_isFound(_ text: String) {
        #expect(count(text) == 1)
    }

    @Test(arguments: [
        "/// Says it.\npublic struct A {}", "/// Says it.\n@inlinable\n@discardableResult\npublic func a() {}",
        "/// Says it.\n// SAFETY: proof\npublic final class A: @unchecked Sendable {}", "struct A {}",
        "public import Journal",
        "public extension A {}", "public(set) var a = 1", "let public = 1", "let a = \"public var b\"",
        "let package = Package(",
        "private func package() {}", "public var description: String { a }",
        "package static func < (a: A, b: A) -> Bool { true }",
    ])
    func documentedOrHidden_isAllowed(_ text: String) {
        #expect(count(text) == 0)
    }

    @Test(arguments: [
        ("package let a: Int", 0), ("package init() {}", 0), ("package struct A {}", 1), ("package func a() {}", 1),
    ])
    func inTests_onlyFieldsSpeakForThemselves(_ text: String, _ violations: Int) {
        #expect(count(text, path: "Tests/TestSupport/Sample.swift") == violations)
    }
}
