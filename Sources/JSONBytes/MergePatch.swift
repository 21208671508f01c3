/// Applies a JSON Merge Patch to bytes.
///
/// Members that the patch does not name stay byte for byte and in their order, also when a key is there several
/// times. A member that it names keeps its place and the spelling of its key; if the target has the key several times,
/// the last one counts and the others go. New members follow in the patch's order; of a key that the patch has twice, the last
/// counts. Whitespace around commas and braces is not kept in an object that the patch reaches into.
///
/// - Source: RFC 7396.
public enum MergePatch {
    /// Gives the target as the patch changes it: an object's `null` members remove, and a patch that is no object
    /// replaces the whole.
    ///
    /// - Bounds: work grows with the sizes of both texts times the depth to which the patch reaches.
    /// - Errors: `tooDeep` if the result would be nested deeper than `depthMax`; any other error if a text is not the
    ///   JSON that its maker vouched for. The offset is in the text at fault.
    public static func apply(
        _ patch: JSONText, to target: JSONText, depthMax: Int = JSONLimits.depthMax
    ) throws(JSONError) -> JSONText {
        let bytes = try patch.bytes.withUnsafeBufferPointer { (patchBytes) throws(JSONError) -> [UInt8] in
            try target.bytes.withUnsafeBufferPointer { (targetBytes) throws(JSONError) -> [UInt8] in
                var merge = Merge(
                    patch: UnsafeRawBufferPointer(patchBytes), target: UnsafeRawBufferPointer(targetBytes),
                    depthMax: depthMax)
                merge.result.reserveCapacity(patchBytes.count + targetBytes.count)
                try merge.applyValue(at: 0, to: 0, depth: 0)
                return merge.result
            }
        }
        return JSONText(unchecked: bytes)
    }
}

private struct Merge {
    let patch: UnsafeRawBufferPointer
    let target: UnsafeRawBufferPointer
    let depthMax: Int
    var result: [UInt8] = []

    init(patch: UnsafeRawBufferPointer, target: UnsafeRawBufferPointer, depthMax: Int) {
        self.patch = patch
        self.target = target
        self.depthMax = depthMax
    }

    /// Appends what the patch's value makes of the target's value, if there is one.
    ///
    /// Recursion is bounded: each level opens an object of the patch, and the cursor counts those.
    mutating func applyValue(at patchOffset: Int, to targetOffset: Int?, depth: Int) throws(JSONError) {
        guard patchOffset < patch.count, patch[patchOffset] == ASCII.openBrace else {
            var cursor = JSONCursor(patch, position: patchOffset, depth: depth, depthMax: depthMax)
            append(patch, try cursor.skipValue())
            return
        }
        let changes = PatchObject(members: try members(of: patch, at: patchOffset, depth: depth), in: patch)
        var unapplied = changes.isLastOfItsName
        var isFirst = true
        result.append(ASCII.openBrace)
        if let targetOffset, targetOffset < target.count, target[targetOffset] == ASCII.openBrace {
            let members = try members(of: target, at: targetOffset, depth: depth)
            for (member, change) in zip(members, changes.changes(of: members, in: target)) {
                switch change {
                case .keep:
                    separate(&isFirst)
                    append(target, member.range)
                case .drop:
                    break
                case .change(let index):
                    unapplied[index] = false
                    guard !changes.removes(index) else { continue }
                    separate(&isFirst)
                    append(target, member.keyRange)
                    result.append(ASCII.colon)
                    let offset = changes.members[index].value.lowerBound
                    try applyValue(at: offset, to: member.value.lowerBound, depth: depth + 1)
                }
            }
        }
        for index in changes.members.indices where unapplied[index] && !changes.removes(index) {
            separate(&isFirst)
            append(patch, changes.members[index].keyRange)
            result.append(ASCII.colon)
            try applyValue(at: changes.members[index].value.lowerBound, to: nil, depth: depth + 1)
        }
        result.append(ASCII.closeBrace)
    }

    private func members(
        of bytes: UnsafeRawBufferPointer, at offset: Int, depth: Int
    ) throws(JSONError) -> [Member] {
        var cursor = JSONCursor(bytes, position: offset, depth: depth, depthMax: depthMax)
        var members: [Member] = []
        try cursor.beginObject()
        while let key = try cursor.nextKey() {
            members.append(Member(key: key, value: try cursor.skipValue()))
        }
        return members
    }

    private mutating func append(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
        result.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[range]))
    }

    private mutating func separate(_ isFirst: inout Bool) {
        if !isFirst { result.append(ASCII.comma) }
        isFirst = false
    }
}

/// Where one member of an object lies.
private struct Member {
    let key: JSONStringSlice
    let value: Range<Int>

    /// The key with its quotes.
    var keyRange: Range<Int> { key.range.lowerBound - 1..<key.range.upperBound + 1 }

    /// From the key's opening quote to the value's end.
    var range: Range<Int> { key.range.lowerBound - 1..<value.upperBound }
}

/// The members of one object of the patch, found by name in constant time however many there are.
private struct PatchObject {
    /// What a patch does to one member of the target.
    enum Change {
        case keep
        /// The patch changes a later member of the same name.
        case drop
        case change(Int)
    }

    let members: [Member]
    private(set) var isLastOfItsName: [Bool]
    private let bytes: UnsafeRawBufferPointer
    private var indices: [[UInt8]: Int] = [:]
    /// One bit for each length of a name: spares most names of a large target the look-up.
    private var lengths: UInt64 = 0

    init(members: [Member], in bytes: UnsafeRawBufferPointer) {
        self.members = members
        self.bytes = bytes
        isLastOfItsName = Array(repeating: true, count: members.count)
        for (index, member) in members.enumerated() {
            let name = member.key.identity(in: bytes)
            if let earlier = indices.updateValue(index, forKey: name) { isLastOfItsName[earlier] = false }
            lengths |= Self.lengthBit(name.count)
        }
    }

    /// Whether the member's value is `null`, the only valid one with this first byte.
    func removes(_ index: Int) -> Bool {
        bytes[members[index].value.lowerBound] == UInt8(ascii: "n")
    }

    /// Decides for each member of the target's object.
    func changes(of targetMembers: [Member], in target: UnsafeRawBufferPointer) -> [Change] {
        let found = targetMembers.map { find($0.key, in: target) }
        var last: [Int?] = Array(repeating: nil, count: members.count)
        for (position, index) in found.enumerated() {
            if let index { last[index] = position }
        }
        return found.enumerated().map { position, index in
            guard let index else { return .keep }
            return last[index] == position ? .change(index) : .drop
        }
    }

    private func find(_ key: JSONStringSlice, in target: UnsafeRawBufferPointer) -> Int? {
        guard key.hasEscapes || lengths & Self.lengthBit(key.range.count) != 0 else { return nil }
        return indices[key.identity(in: target)]
    }

    private static func lengthBit(_ count: Int) -> UInt64 {
        1 << UInt64(truncatingIfNeeded: count & 63)
    }
}
