import NIOCore
import Store

/// One round's publications of one channel on one event loop, encoded once per protocol however many subscribers there are.
///
/// - Isolation: the event loop of its hub.
final class ChannelBatch {
    let channel: String
    let publications: [Publication]
    private var frames: ByteBuffer?
    private var events: ByteBuffer?
    private var payloads: ByteBuffer?
    private var envelopes: ByteBuffer?
    /// Something in it has no offset: whoever misses it never asks for it.
    private(set) lazy var hasEphemeral = publications.contains { $0.offset == 0 }
    /// What is left of it without that, made by the first who asks; nil for nothing.
    private(set) lazy var lasting: ChannelBatch? = {
        let left = publications.filter { $0.offset > 0 }
        return left.isEmpty ? nil : ChannelBatch(channel: channel, publications: left)
    }()

    /// Publications that share one frame: a client's parser then works in sips, and no frame grows past its limits.
    static let publicationsPerFrameMax = 64
    /// Encoded bytes after which a frame is closed.
    static let frameBytesMax = 32_768

    init(channel: String, publications: [Publication]) {
        self.channel = channel
        self.publications = publications
    }

    /// Frames of the client protocol, pushes joined by line breaks.
    var protocolFrames: ByteBuffer {
        if let frames { return frames }
        var made = ByteBuffer()
        made.reserveCapacity(publications.reduce(0) { $0 + $1.encoded.count + channel.utf8.count + 48 })
        var rest = publications[...]
        while !rest.isEmpty {
            FrameWriter.appendText(to: &made) { buffer in
                let start = buffer.writerIndex
                for count in 0..<Self.publicationsPerFrameMax {
                    guard let publication = rest.first, buffer.writerIndex - start < Self.frameBytesMax else { break }
                    if count > 0 { buffer.writeInteger(UInt8(ascii: "\n")) }
                    buffer.writePush(publication, channel: channel)
                    rest.removeFirst()
                }
            }
        }
        frames = made
        return made
    }

    /// Frames of plain WebSockets: a payload each.
    var plainPayloads: ByteBuffer {
        if let payloads { return payloads }
        let made = PlainEncoder.payloads(of: publications)
        payloads = made
        return made
    }

    /// Frames of plain WebSockets that show positions; the same for all of a channel on a loop, whose numbering is one.
    func plainEnvelopes(epoch: String?) -> ByteBuffer {
        // Whoever has no positions is an exception in a channel that has them, and is not worth a place of its own.
        guard epoch != nil else { return PlainEncoder.envelopes(of: publications, epoch: nil) }
        if let envelopes { return envelopes }
        let made = PlainEncoder.envelopes(of: publications, epoch: epoch)
        envelopes = made
        return made
    }

    /// Events of the Server-Sent Events format, made by the first who asks.
    func serverSentEvents(_ encode: ([Publication]) -> ByteBuffer) -> ByteBuffer {
        if let events { return events }
        let made = encode(publications)
        events = made
        return made
    }
}

extension ByteBuffer {
    /// Writes `{"push":{"channel":…,"pub":…}}`. Channel names hold no quote, backslash or control byte: they need no escapes
    /// unless a name has `"` or `\`, which the rules allow.
    mutating func writePush(_ publication: Publication, channel: String) {
        writeStaticString("{\"push\":{\"channel\":")
        writeJSONString(channel)
        writeStaticString(",\"pub\":")
        writeBytes(publication.encoded)
        writeStaticString("}}")
    }
}
