import JSONBytes
import Journal
import NIOCore
import Store

/// Writes the frames of a plain WebSocket.
///
/// What the server says for itself is an object with a `type`. With `?envelope=1` every publication is an object with `data`
/// instead, so that the two can't be mixed up.
enum PlainEncoder {
    /// A frame for each publication: its payload as it came, and a text as the text that it was.
    static func payloads(of publications: [Publication]) -> ByteBuffer {
        var frames = ByteBuffer()
        frames.reserveCapacity(publications.reduce(0) { $0 + $1.encoded.count + FrameWriter.maxHeaderBytes })
        for publication in publications {
            let payload = text(of: publication) ?? Array(publication.data)
            FrameWriter.appendText(to: &frames) { $0.writeBytes(payload) }
        }
        return frames
    }

    /// A frame for each publication: `{"epoch":…,"offset":…,"data":…}`, or `{"data":…}` for one without a place in the log.
    ///
    /// - Parameter epoch: nil where the subscription has no positions.
    static func envelopes(of publications: [Publication], epoch: String?) -> ByteBuffer {
        var frames = ByteBuffer()
        frames.reserveCapacity(publications.reduce(0) { $0 + $1.encoded.count + (epoch?.utf8.count ?? 0) + 48 })
        for publication in publications {
            FrameWriter.appendText(to: &frames) { frame in
                frame.writeStaticString("{")
                if let epoch, publication.offset > 0 {
                    frame.writeStaticString("\"epoch\":")
                    frame.writeJSONString(epoch)
                    frame.writeStaticString(",\"offset\":")
                    frame.writeDecimal(publication.offset)
                    frame.writeStaticString(",")
                }
                frame.writeStaticString("\"data\":")
                frame.writeBytes(publication.data)
                frame.writeStaticString("}")
            }
        }
        return frames
    }

    /// Ends what a follower is given at its start: from here on it is live.
    ///
    /// - Parameter position: the newest; nil where the subscription has none.
    static func subscribed(at position: Position?, isRecovered: Bool) -> [UInt8] {
        object("subscribed") { out in
            if let position { append(position, to: &out) }
            if isRecovered { out.appendMember("recovered", flag: true) }
        }
    }

    /// Says in place of that why a follower must load its state anew.
    static func notRecovered(_ why: NotRecovered, at position: Position) -> [UInt8] {
        object("not-recovered") { out in
            out.appendMember("reason", string: why.reason.rawValue)
            out.appendMember("oldest", number: why.oldest)
            append(position, to: &out)
        }
    }

    /// Answers a message that was not published.
    static func error(_ error: ReplyError, _ message: String? = nil) -> [UInt8] {
        object("error") { out in
            out.appendMember("code", number: UInt64(error.rawValue))
            out.appendMember("message", string: message ?? error.message)
            if error.isTemporary { out.appendMember("temporary", flag: true) }
        }
    }

    static let pong = object("pong") { _ in }

    /// The text of a publication that is tagged as one; nil for all others.
    private static func text(of publication: Publication) -> [UInt8]? {
        let data = publication.data
        // Tags come last. Information that ends like them doesn't look so: a brace of its own comes behind.
        guard data.first == UInt8(ascii: "\""), publication.encoded.count >= data.endIndex + textEnd.count,
            publication.encoded.suffix(textEnd.count).elementsEqual(textEnd)
        else { return nil }
        do throws(JSONError) {
            let text = try Array(data).readJSON { (cursor, _) throws(JSONError) in try cursor.readString() }
            return Array(text.utf8)
        } catch { return nil }
    }

    private static let textEnd: [UInt8] = Array(",\"tags\":".utf8) + PlainMessage.textTags + [UInt8(ascii: "}")]

    private static func append(_ position: Position, to out: inout [UInt8]) {
        out.appendMember("epoch", string: position.epoch)
        out.appendMember("offset", number: position.offset)
    }

    private static func object(_ type: String, _ body: (inout [UInt8]) -> Void) -> [UInt8] {
        var out: [UInt8] = Array("{".utf8)
        out.appendMember("type", string: type)
        body(&out)
        out[out.count - 1] = UInt8(ascii: "}")
        return out
    }
}
