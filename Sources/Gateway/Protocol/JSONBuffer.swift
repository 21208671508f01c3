import JSONText
import NIOCore

extension ByteBuffer {
    /// Writes a JSON string with its quotes.
    mutating func writeJSONString(_ string: String) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(string.utf8.count + 2)
        bytes.appendJSONString(string)
        writeBytes(bytes)
    }

    /// Writes a number in decimal.
    mutating func writeDecimal(_ number: UInt64) { writeString(String(number)) }
}
