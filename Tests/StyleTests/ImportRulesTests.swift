import Testing

@Suite struct ImportRulesTests {
    @Test(arguments: [
        ("Sources/JSONText/A.swift", "import Foundation", false), ("Sources/Migrations/A.swift", "import GRDB", true),
        ("Sources/Migrations/A.swift", "import Journal", false), ("Sources/Journal/A.swift", "import Migrations", true),
        ("Sources/Journal/A.swift", "package import Store", false), ("Sources/Store/A.swift", "import Journal", true),
        ("Sources/Store/A.swift", "import NIOCore", false),
        ("Sources/Store/A.swift", "@preconcurrency import Gateway", false),
        ("Sources/Gateway/A.swift", "public import NIOCore", true),
        ("Sources/Gateway/A.swift", "import Migrations", false),
        ("Sources/Gateway/A.swift", "import struct GRDB.Row", false),
        ("Sources/anteroom/Main.swift", "import NIOPosix", true),
        ("Sources/Brandnew/A.swift", "let a = 1", false), ("Sources/Store/A.swift", "// import NIOCore", true),
        ("Tests/StoreTests/ATests.swift", "@testable import Gateway", true),
    ])
    func importDirection_followsTheTable(_ path: String, _ line: String, _ isAllowed: Bool) {
        let violations = Rule.importDirection.violations(in: SourceFile(path: path, text: "\n\(line)\n"))
        #expect(violations.isEmpty == isAllowed)
    }

    @Test func importDirection_whenBroken_namesLineAndModules() {
        let file = SourceFile(path: "Sources/Store/A.swift", text: "import GRDB\nimport NIOCore\n")
        let expected = "Sources/Store/A.swift:2: [import-direction] Store must not import NIOCore"
        #expect(Rule.importDirection.violations(in: file).map(\.description) == [expected])
    }

    @Test(arguments: [
        ("ClientStateMachine.swift", "import Foundation", false), ("RecoveryDecision.swift", "import NIOCore", false),
        ("ApplySession.swift", "import GRDB", false), ("SessionTransition.swift", "import Dispatch", false),
        ("SessionTransition.swift", "import JSONText", true), ("Engine.swift", "import Foundation", true),
    ])
    func pureFile_mayNotReachTheWorld(_ name: String, _ line: String, _ isAllowed: Bool) {
        let violations = Rule.pureFile.violations(in: SourceFile(path: "Sources/Store/\(name)", text: line))
        #expect(violations.isEmpty == isAllowed)
    }
}
