import JSONBytes

/// What a teacher chose for the activity of a link: texts by name.
///
/// - Bounds: those of ``LinkLimits``; what is held was checked.
struct LinkOptions: Sendable, Equatable {
    /// One choice.
    struct Member: Sendable, Equatable {
        let name: String
        let value: String
    }

    /// Sorted by name, each name once: the form that is signed.
    let members: [Member]

    /// Names that a link's URL uses itself.
    static let reserved: Set = ["activityName", "entryPolicy", "urlHash"]

    static let empty = LinkOptions(sorted: [])

    private init(sorted members: [Member]) { self.members = members }

    /// Checks options.
    init(_ values: [String: String]) throws(LinkFault) {
        guard values.count <= LinkLimits.optionsMax, values.allSatisfy({ Self.isMember($0.key, $0.value) }) else {
            throw .badOptions
        }
        if let name = values.keys.first(where: Self.reserved.contains) {
            throw LinkFault(
                "bad-options", "An option can't be called \(name): the URL of a link uses that name itself.")
        }
        let sorted = values.map { Member(name: $0.key, value: $0.value) }
            .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        self.init(sorted: sorted)
        guard PercentText.encode(json).utf8.count <= LinkLimits.optionsBytesMax else { throw .optionsTooLong }
    }

    /// Reads a JSON object of texts; a name that is there twice has its last value.
    init(_ json: JSONText) throws(LinkFault) {
        let values: [String: String]
        do throws(JSONError) {
            values = try json.bytes.readJSON { (cursor, buffer) throws(JSONError) in
                var values: [String: String] = [:]
                try cursor.beginObject()
                while let key = try cursor.nextKey() { values[key.string(in: buffer)] = try cursor.readString() }
                return values
            }
        } catch { throw .badOptions }
        try self.init(values)
    }

    var isEmpty: Bool { members.isEmpty }

    /// As a JSON object.
    var json: [UInt8] {
        var out: [UInt8] = [UInt8(ascii: "{")]
        for (index, member) in members.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            out.appendJSONString(member.name)
            out.append(UInt8(ascii: ":"))
            out.appendJSONString(member.value)
        }
        out.append(UInt8(ascii: "}"))
        return out
    }

    /// As they stand in a URL: `a=1&b=2`.
    var query: String {
        members.map { "\(PercentText.encode($0.name))=\(PercentText.encode($0.value))" }.joined(separator: "&")
    }

    private static func isMember(_ name: String, _ value: String) -> Bool {
        LinkLimits.optionNameLength.contains(name.utf8.count) && name.utf8.allSatisfy { (0x20...0x7E).contains($0) }
            && value.utf8.count <= LinkLimits.optionValueBytesMax && value.unicodeScalars.allSatisfy(isPrintable)
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
}
