/// Takes line breaks out of a valid text.
///
/// A raw line break cannot occur inside a JSON string and two tokens that need a separator cannot follow each other, so
/// that every such byte is between tokens and can go without joining anything.
enum LineBreaks {
    static func exist(in bytes: UnsafeRawBufferPointer) -> Bool {
        var offset = 0
        while bytes.count - offset >= Lanes.width {
            if Lanes.lineBreaks(Lanes.load(bytes, at: offset)) != 0 { return true }
            offset += Lanes.width
        }
        while offset < bytes.count {
            if isLineBreak(bytes[offset]) { return true }
            offset += 1
        }
        return false
    }

    static func removed(from bytes: UnsafeRawBufferPointer) -> [UInt8] {
        guard exist(in: bytes) else { return [UInt8](bytes) }
        // The result may be kept for long, so it gets no more room than it needs.
        let breaks = bytes.reduce(into: 0) { count, byte in count += isLineBreak(byte) ? 1 : 0 }
        return [UInt8](unsafeUninitializedCapacity: bytes.count - breaks) { result, initializedCount in
            for byte in bytes where !isLineBreak(byte) {
                result[initializedCount] = byte
                initializedCount += 1
            }
        }
    }

    @inline(__always)
    private static func isLineBreak(_ byte: UInt8) -> Bool {
        byte == ASCII.lineFeed || byte == ASCII.carriageReturn
    }
}
