import JSONBytes
import NIOCore
import Store

/// Writes the event stream format.
///
/// - Source: WHATWG HTML, "Server-sent events".
enum EventEncoder {
    /// What a stream begins with: how soon to come back.
    static func writeOpening(to buffer: inout ByteBuffer) {
        buffer.writeString("retry: \(EventStreamLimits.retryMilliseconds)\n\n")
    }

    /// An id without an event: readers remember it and see nothing.
    static func writeID(_ id: String, to buffer: inout ByteBuffer) {
        buffer.writeString("id: \(id)\n\n")
    }

    static func writeComment(_ text: String, to buffer: inout ByteBuffer) {
        buffer.writeString(": \(text)\n\n")
    }

    /// A publication whose data is the payload as it came.
    static func write(_ publication: Publication, id: String?, to buffer: inout ByteBuffer) {
        if let id { buffer.writeString("id: \(id)\n") }
        writeData(publication.data, to: &buffer)
    }

    /// A publication of one channel of several: `{"channel":…,"offset":…,"data":…}`.
    static func write(_ publication: Publication, of channel: String, id: String?, to buffer: inout ByteBuffer) {
        if let id { buffer.writeString("id: \(id)\n") }
        var data: [UInt8] = []
        data.reserveCapacity(publication.encoded.count + channel.utf8.count + 32)
        data.appendASCII("{\"channel\":")
        data.appendJSONString(channel)
        if publication.offset > 0 {
            data.appendASCII(",\"offset\":")
            data.appendDecimal(publication.offset)
        }
        data.appendASCII(",\"data\":")
        data.append(contentsOf: publication.data)
        data.append(UInt8(ascii: "}"))
        writeData(data[...], to: &buffer)
    }

    /// Tells a returning client that it can't be given what it missed; it loads its state anew.
    static func write(
        _ why: NotRecovered, of channel: String, at position: Position, id: String, to buffer: inout ByteBuffer
    ) {
        buffer.writeString("id: \(id)\nevent: not-recovered\n")
        var data: [UInt8] = []
        data.appendASCII("{\"channel\":")
        data.appendJSONString(channel)
        data.appendASCII(",\"reason\":")
        data.appendJSONString(why.reason.rawValue)
        data.appendASCII(",\"oldest\":")
        data.appendDecimal(why.oldest)
        data.appendASCII(",\"epoch\":")
        data.appendJSONString(position.epoch)
        data.appendASCII(",\"offset\":")
        data.appendDecimal(position.offset)
        data.append(UInt8(ascii: "}"))
        writeData(data[...], to: &buffer)
    }

    /// Tells a reader that every position that it has is void.
    static func writeEpochChange(of channel: String, to buffer: inout ByteBuffer) {
        var data: [UInt8] = Array("{\"channel\":".utf8)
        data.appendJSONString(channel)
        data.appendASCII(",\"reason\":\"epoch\"}")
        buffer.writeStaticString("event: not-recovered\n")
        writeData(data[...], to: &buffer)
    }

    /// Tells a reader that the server ended a channel of its stream for good.
    static func writeUnsubscribe(from channel: String, code: UInt64, reason: String, to buffer: inout ByteBuffer) {
        var data: [UInt8] = Array("{\"channel\":".utf8)
        data.appendJSONString(channel)
        data.appendASCII(",\"code\":")
        data.appendDecimal(code)
        data.appendASCII(",\"reason\":")
        data.appendJSONString(reason)
        data.append(UInt8(ascii: "}"))
        buffer.writeStaticString("event: unsubscribe\n")
        writeData(data[...], to: &buffer)
    }

    /// Tells a reader that the server ends its stream, and how: a page that is told 3500 or above closes its EventSource.
    static func writeDisconnect(code: UInt16, reason: String, to buffer: inout ByteBuffer) {
        var data: [UInt8] = Array("{\"code\":".utf8)
        data.appendDecimal(UInt64(code))
        data.appendASCII(",\"reason\":")
        data.appendJSONString(reason)
        data.append(UInt8(ascii: "}"))
        buffer.writeStaticString("event: disconnect\n")
        writeData(data[...], to: &buffer)
    }

    /// Payloads have no line breaks; one that came by another way is split, so that it can't end its event early.
    static func writeData(_ data: ArraySlice<UInt8>, to buffer: inout ByteBuffer) {
        let (lineFeed, carriageReturn) = (UInt8(ascii: "\n"), UInt8(ascii: "\r"))
        if data.contains(where: { $0 == lineFeed || $0 == carriageReturn }) {
            for line in data.split(
                omittingEmptySubsequences: false, whereSeparator: { $0 == lineFeed || $0 == carriageReturn })
            {
                buffer.writeStaticString("data: ")
                buffer.writeBytes(line)
                buffer.writeStaticString("\n")
            }
            buffer.writeStaticString("\n")
            return
        }
        buffer.writeStaticString("data: ")
        buffer.writeBytes(data)
        buffer.writeStaticString("\n\n")
    }
}
