/// Which module may import which: imports point one way, `anteroom → Gateway → Store → Journal → Migrations`.
enum ImportTable {
    /// What the platform brings; blocks and files of it are still banned from pure files.
    private static let platform = ["Foundation", "FoundationEssentials", "Glibc", "Dispatch", "Synchronization"]
    private static let file = ["GRDB", "GRDBSQLite", "SQLite3"]

    /// A name that ends in `*` allows every module that starts with it. `nil` for a folder that has no row yet.
    static func allowed(in module: String) -> [String]? {
        switch module {
        case "JSONBytes": []
        case "Migrations": platform + file
        case "CHiredis": []
        case "Journal": platform + file + ["Migrations", "JSONBytes", "CHiredis", "DequeModule", "NIO*"]
        case "Store": platform + file + ["Journal", "Migrations", "JSONBytes", "Crypto", "DequeModule", "HeapModule"]
        case "Gateway":
            platform + ["Store", "Journal", "JSONBytes", "NIO*", "Hummingbird*", "HTTPTypes"]
                + ["Crypto", "CryptoExtras", "DequeModule", "Logging", "ServiceLifecycle"]
        case "anteroom": ["*"]
        default: nil
        }
    }

    static func permits(_ name: String, _ patterns: [String]) -> Bool {
        patterns.contains { $0.hasSuffix("*") ? name.hasPrefix($0.dropLast()) : name == $0 }
    }

    /// The modules that a file imports, with their lines.
    static func imports(of file: SourceFile) -> [(line: Int, module: String)] {
        let modifiers: Set = ["public", "package", "internal", "fileprivate", "private"]
        let kinds: Set = ["typealias", "struct", "class", "enum", "protocol", "let", "var", "func"]
        return file.code.enumerated().compactMap { index, line in
            var words = line.split(separator: " ").map(String.init)[...]
            while let word = words.first, word.hasPrefix("@") || modifiers.contains(word) { words.removeFirst() }
            guard words.first == "import" else { return nil }
            words.removeFirst()
            if let kind = words.first, kinds.contains(kind) { words.removeFirst() }
            guard let path = words.first else { return nil }
            return (index + 1, String(path.prefix { $0 != "." && $0 != ";" }))
        }
    }
}

extension Rule {
    static let importDirection = Rule(name: "import-direction") { file in
        guard !file.isInTests else { return [] }
        guard let allowed = ImportTable.allowed(in: file.module) else {
            return [(1, "module \(file.module) has no row in ImportTable")]
        }
        return ImportTable.imports(of: file).filter { !ImportTable.permits($0.module, allowed) }.map {
            ($0.line, "\(file.module) must not import \($0.module)")
        }
    }

    /// Decisions are checked without a socket, a clock or a disk; so they must not be able to reach one.
    static let pureFile = Rule(name: "pure-file") { file in
        let ends = ["StateMachine.swift", "Decision.swift", "Transition.swift"]
        let isPure = ends.contains { file.name.hasSuffix($0) } || file.name.hasPrefix("Apply")
        guard !file.isInTests, isPure else { return [] }
        let banned = ["NIO*", "Foundation*", "GRDB*", "SQLite3", "Dispatch", "Glibc", "Hummingbird*"]
        return ImportTable.imports(of: file).filter { ImportTable.permits($0.module, banned) }.map {
            ($0.line, "a pure decision must not import \($0.module)")
        }
    }
}
