import JSONBytes
import NIOCore

/// What a text frame of a plain WebSocket means. Every frame means something: what is no JSON is a text.
enum PlainMessage: Equatable {
    /// `{"type":"ping"}` and nothing else in it; answered, not published.
    case ping
    case json(JSONText)
    /// A text, as a JSON string; its publication is tagged, so that it comes out as it came in.
    case text([UInt8])

    /// What tells a text from a JSON string.
    static let textTags: [UInt8] = Array(#"{"format":"text"}"#.utf8)

    /// No longer frame is looked at for a ping.
    private static let pingBytesMax = 64

    /// Reads the payload of a text frame, which is UTF-8.
    init(_ payload: ByteBuffer) {
        let bytes = Array(payload.readableBytesView)
        do throws(JSONError) {
            let json = try JSONText(validating: bytes)
            self = bytes.count <= Self.pingBytesMax && Self.isPing(json) ? .ping : .json(json)
        } catch {
            var text: [UInt8] = []
            bytes.withUnsafeBytes { text.appendJSONString(utf8: $0) }
            self = .text(text)
        }
    }

    private static func isPing(_ json: JSONText) -> Bool {
        guard json.isObject else { return false }
        do throws(JSONError) {
            return try json.bytes.readJSON { (cursor, buffer) throws(JSONError) in
                try cursor.beginObject()
                guard let name = try cursor.nextKey(), name.equals("type", in: buffer) else { return false }
                guard try cursor.readString() == "ping" else { return false }
                return try cursor.nextKey() == nil
            }
        } catch { return false }
    }
}
