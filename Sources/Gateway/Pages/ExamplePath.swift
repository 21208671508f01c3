/// Reads the path of a request below `/examples/`: names a file that may be served, or nothing at all.
///
/// - Guarantee: what it names lies below the folder of the examples. A segment is of `[a-z0-9._-]` and starts with a letter
///   or a digit, so that there is no `..`, no hidden file and nothing encoded.
/// - Bounds: ``segmentsMax`` segments, ``bytesMax`` bytes.
struct ExamplePath: Equatable {
    static let prefix = "/examples/"
    static let segmentsMax = 4
    static let bytesMax = 200
    /// What is served, and as what; everything else isn't there.
    static let types = [
        "html": "text/html; charset=utf-8",
        "js": "text/javascript; charset=utf-8",
        "css": "text/css; charset=utf-8",
        "svg": "image/svg+xml",
    ]

    /// The place of the file below the folder of the examples.
    let file: String
    let type: String

    /// Nil when nothing is served at this path. A path that ends with `/` names the folder's `index.html`.
    init?(_ path: String) {
        guard path.utf8.count <= Self.bytesMax, path.hasPrefix(Self.prefix) else { return nil }
        var segments = path.dropFirst(Self.prefix.count).split(separator: "/", omittingEmptySubsequences: false)
        if segments.last == "" { segments[segments.count - 1] = "index.html" }
        guard segments.count <= Self.segmentsMax, segments.allSatisfy(Self.isPlain), let name = segments.last,
            let dot = name.lastIndex(of: "."), let type = Self.types[String(name[name.index(after: dot)...])]
        else { return nil }
        file = segments.joined(separator: "/")
        self.type = type
    }

    private static func isPlain(_ segment: Substring) -> Bool {
        guard let first = segment.utf8.first, isAlphanumeric(first) else { return false }
        return segment.utf8.allSatisfy { isAlphanumeric($0) || "._-".utf8.contains($0) }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
