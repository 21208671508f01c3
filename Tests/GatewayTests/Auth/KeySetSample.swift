import Foundation
import TestSupport

@testable import Gateway

/// Files of keys for tests.
enum KeySetSample {
    static func text(_ entries: [String]) -> String { #"{"keys":[\#(entries.joined(separator: ","))]}"# }

    static func file(in directory: TemporaryDirectory, _ entries: [String]) throws -> KeySetFile {
        try write(text(entries), in: directory)
        return try KeySetFile(path: directory.entry("keys.json"))
    }

    static func write(_ text: String, in directory: TemporaryDirectory) throws {
        try Data(text.utf8).write(to: URL(filePath: directory.entry("keys.json")))
    }
}
