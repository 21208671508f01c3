import Journal

extension [UInt8] {
    /// Appends `"name":true,` or `"name":false,`.
    mutating func appendMember(_ name: StaticString, flag: Bool) {
        appendMember(name, json: (flag ? "true" : "false").utf8)
    }

    /// Appends `"name":"text",` or `"name":null,`.
    mutating func appendMember(_ name: StaticString, optional text: String?) {
        if let text { appendMember(name, string: text) } else { appendMember(name, json: "null".utf8) }
    }
    /// Appends `"name":number,` or `"name":null,`.
    mutating func appendMember(_ name: StaticString, optional number: UInt64?) {
        if let number { appendMember(name, number: number) } else { appendMember(name, json: "null".utf8) }
    }
}
