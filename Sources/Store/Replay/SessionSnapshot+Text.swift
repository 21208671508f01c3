import JSONText
import Journal

extension SessionSnapshot {
    /// Lines for people: what is known of the session, then its document.
    public func description(at cursor: Journal.Cursor, _ time: Int64) -> String {
        var lines = ["session \(id), version \(version.map(String.init) ?? "unknown"), \(status(at: time))"]
        lines.append("as of entry \(cursor), \(EntryTime.text(time))")
        var facts = [type.map { "type \($0)" }, owner.map { $0.isEmpty ? "no owner" : "owner \($0)" }]
        facts += [createdAt.map { "created \(EntryTime.text($0))" }, updatedAt.map { "changed \(EntryTime.text($0))" }]
        let known = facts.compactMap { $0 }.joined(separator: ", ")
        if !known.isEmpty { lines.append(known) }
        if let document, !document.isEmpty { lines.append(IndentedJSON.text(document)) }
        return lines.joined(separator: "\n")
    }

    /// One line for programs; members that aren't known are left out.
    public func json(at cursor: Journal.Cursor, _ time: Int64) -> [UInt8] {
        var out: [UInt8] = [UInt8(ascii: "{")]
        out.appendMember("session", string: id)
        out.appendMember("cursor", string: cursor.description)
        out.appendMember("time", string: EntryTime.text(time))
        out.appendMember("status", string: status(at: time))
        if let version { out.appendMember("version", number: version) }
        if let type { out.appendMember("type", string: type) }
        if let owner { out.appendMember("owner", string: owner) }
        if let createdAt { out.appendMember("created", string: EntryTime.text(createdAt)) }
        if let updatedAt { out.appendMember("changed", string: EntryTime.text(updatedAt)) }
        if let touchedAt { out.appendMember("touched", string: EntryTime.text(touchedAt)) }
        if let endedAt { out.appendMember("ended", string: EntryTime.text(endedAt)) }
        if let document, !document.isEmpty { out.appendMember("document", json: document) }
        out[out.count - 1] = UInt8(ascii: "}")
        return out
    }
}
