import Foundation

/// The checkout that these tests were compiled from.
enum Repository {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Every Swift file of Sources and Tests.
    static let swiftFiles: [SourceFile] = paths { folder, name in
        folder.isEmpty ? ["Sources", "Tests"].contains(name) : true
    }
    .filter { $0.hasSuffix(".swift") }
    .compactMap { path in text(of: path).map { SourceFile(path: path, text: $0) } }

    /// Every text file that git tracks. Files that are not UTF-8 are left out: they have no lines to check.
    static let textFiles: [(path: String, text: String)] = (trackedPaths() ?? exportedPaths())
        .compactMap { path in text(of: path).map { (path, $0) } }

    /// What git tracks, or nil if this is no git checkout. A clone that another user owns is read all the same.
    private static func trackedPaths() -> [String]? {
        let git = Process()
        let output = Pipe()
        git.executableURL = URL(filePath: "/usr/bin/env")
        git.arguments = ["git", "-c", "safe.directory=*", "-C", root.path, "ls-files", "-z"]
        git.standardOutput = output
        git.standardError = FileHandle.nullDevice
        git.standardInput = FileHandle.nullDevice
        // Without git the walk over the folder takes its place.
        guard (try? git.run()) != nil else { return nil }
        let list = output.fileHandleForReading.readDataToEndOfFile()
        git.waitUntilExit()
        guard git.terminationStatus == 0, !list.isEmpty else { return nil }
        return list.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The same for an exported tree without git, by what .gitignore names.
    private static func exportedPaths() -> [String] {
        paths { folder, name in
            if folder == "data" { return name == "samples" }
            return !name.hasPrefix(".build") && ![".git", ".venv", "__pycache__", "Package.resolved"].contains(name)
        }
    }

    private static func text(of path: String) -> String? {
        // A binary file is not text: it has no lines to check.
        try? String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// The paths of all files below the root in order, without the entries of a folder that `keeps` refuses.
    private static func paths(keeps: (_ folder: String, _ name: String) -> Bool) -> [String] {
        var found: [String] = []
        var folders = [""]
        while let folder = folders.popLast() {
            let home = root.appending(path: folder)
            // A folder that cannot be listed has no files to check; the tree test fails if that is all of them.
            let names = (try? FileManager.default.contentsOfDirectory(atPath: home.path)) ?? []
            for name in names.sorted() where keeps(folder, name) {
                let path = folder.isEmpty ? name : "\(folder)/\(name)"
                var isFolder: ObjCBool = false
                let full = root.appending(path: path).path
                guard FileManager.default.fileExists(atPath: full, isDirectory: &isFolder) else { continue }
                if isFolder.boolValue { folders.append(path) } else { found.append(path) }
            }
        }
        return found.sorted()
    }
}
