/// Tells where a string's content lies in the bytes that were read, without copying it.
///
/// A slice has a meaning only together with the buffer it was read from; every method takes that buffer again.
public struct JSONStringSlice: Hashable, Sendable {
    /// The content between the quotes.
    public let range: Range<Int>
    /// Whether the content has a backslash in it.
    public let hasEscapes: Bool

    init(range: Range<Int>, hasEscapes: Bool) {
        self.range = range
        self.hasEscapes = hasEscapes
    }

    /// Whether the string, its escapes resolved, is `text`.
    public func equals(_ text: StaticString, in bytes: UnsafeRawBufferPointer) -> Bool {
        text.withUTF8Buffer { equals(utf8: UnsafeRawBufferPointer($0), in: bytes) }
    }

    /// Whether the string, its escapes resolved, has exactly these UTF-8 bytes; nothing is normalised.
    public func equals(utf8 expected: UnsafeRawBufferPointer, in bytes: UnsafeRawBufferPointer) -> Bool {
        guard let content = content(in: bytes) else { return false }
        guard hasEscapes else { return Self.areEqual(content, expected) }
        // Six bytes of escape give one byte or more, so a key of another size is refused without resolving it.
        guard content.count > expected.count, content.count / 6 <= expected.count else { return false }
        return unescaped(content, loneSurrogates: .replaced).withUnsafeBytes { Self.areEqual($0, expected) }
    }

    /// The string with its escapes resolved; a surrogate without its partner becomes U+FFFD.
    public func string(in bytes: UnsafeRawBufferPointer) -> String {
        guard let content = content(in: bytes) else { return "" }
        guard hasEscapes else { return String(decoding: content, as: UTF8.self) }
        return String(decoding: unescaped(content, loneSurrogates: .replaced), as: UTF8.self)
    }

    /// The bytes that make this name the same as another: UTF-8, with surrogates that stand alone kept apart.
    func identity(in bytes: UnsafeRawBufferPointer) -> [UInt8] {
        guard let content = content(in: bytes) else { return [] }
        return hasEscapes ? unescaped(content, loneSurrogates: .encoded) : [UInt8](content)
    }

    private func content(in bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard range.lowerBound >= 0, range.upperBound <= bytes.count else { return nil }
        return UnsafeRawBufferPointer(rebasing: bytes[range])
    }

    private static func areEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        let count = left.count
        guard count == right.count else { return false }
        var offset = 0
        while count - offset >= Lanes.width {
            guard Lanes.load(left, at: offset) == Lanes.load(right, at: offset) else { return false }
            offset += Lanes.width
        }
        while offset < count {
            guard left[offset] == right[offset] else { return false }
            offset += 1
        }
        return true
    }
}
