import Migrations

/// An entry as it lies in the shared stream: the value of the record's one field `e`.
///
/// Form 1, little-endian: form (1 byte), origin, counter, time (8 bytes each), kind (1 byte), lengths of channel, header and
/// body (4 bytes each), the three, checksum over all before it (8 bytes). An empty header is no bytes.
///
/// - Guarantee: origin and counter stand at the same place in every form, so that an entry of a newer release can be told
///   from another one without being understood.
public enum StreamEntryCoding {
    /// The form that this release writes, and the only one that it reads.
    public static let form: UInt8 = 1
    private static let idEnd = 17
    private static let fixedBytes = 38
    private static let checksumBytes = 8
    /// `{}`: what an empty header encodes to.
    private static let emptyHeaderBytes = 2

    /// Why an entry can't be read.
    public enum Fault: Error, Sendable, Equatable, CustomStringConvertible {
        case truncated
        case unknownForm(UInt8)
        case unknownKind(UInt8)
        case damaged
        case badHeader

        public var description: String {
            switch self {
            case .truncated: "it is cut short, or not an entry of Anteroom"
            case .unknownForm(let form): "its form \(form) is of a newer release"
            case .unknownKind(let kind): "its kind \(kind) is of a newer release"
            case .damaged: "its checksum doesn't match"
            case .badHeader: "its header is of a newer release"
            }
        }
    }

    /// The bytes of an entry.
    public static func encode(_ entry: Entry) -> [UInt8] {
        let encoded = entry.header.encoded
        let header = encoded.count == emptyHeaderBytes ? [] : encoded
        var channel = entry.channel
        return channel.withUTF8 { channel in
            let sum = fixedBytes + channel.count + header.count + entry.body.count
            var out: [UInt8] = []
            out.reserveCapacity(sum + checksumBytes)
            out.append(form)
            out.appendLittle(entry.id.origin)
            out.appendLittle(entry.id.counter)
            out.appendLittle(UInt64(bitPattern: entry.time))
            out.append(code(of: entry.kind))
            for count in [channel.count, header.count, entry.body.count] {
                out.appendLittle(UInt32(clamping: count))
            }
            out.append(contentsOf: channel)
            out.append(contentsOf: header)
            out.append(contentsOf: entry.body)
            out.appendLittle(RowChecksum.of(out))
            return out
        }
    }

    /// Reads the bytes of an entry.
    public static func decode(_ bytes: [UInt8]) throws(Fault) -> Entry {
        try bytes.withUnsafeBytes { buffer in Result { () throws(Fault) in try decode(buffer) } }.get()
    }

    private static func decode(_ bytes: UnsafeRawBufferPointer) throws(Fault) -> Entry {
        guard let first = bytes.first else { throw .truncated }
        guard first == form else { throw .unknownForm(first) }
        guard bytes.count >= fixedBytes + checksumBytes else { throw .truncated }
        let sumAt = bytes.count - checksumBytes
        guard RowChecksum.of(UnsafeRawBufferPointer(rebasing: bytes[..<sumAt])) == bytes.little64(at: sumAt) else {
            throw .damaged
        }
        guard let kind = kind(of: bytes[25]) else { throw .unknownKind(bytes[25]) }
        let counts = [26, 30, 34].map { Int(bytes.little32(at: $0)) }
        guard fixedBytes + counts[0] + counts[1] + counts[2] == sumAt else { throw .truncated }
        let headerAt = fixedBytes + counts[0]
        let bodyAt = headerAt + counts[1]
        guard let channel = String(validating: bytes[fixedBytes..<headerAt], as: UTF8.self) else { throw .damaged }
        var header = EntryHeader()
        if headerAt < bodyAt {
            do {
                header = try EntryHeader(decoding: [UInt8](bytes[headerAt..<bodyAt]))
            } catch {
                throw .badHeader
            }
        }
        return Entry(
            id: EntryID(origin: bytes.little64(at: 1), counter: bytes.little64(at: 9)),
            time: Int64(bitPattern: bytes.little64(at: idEnd)), channel: channel, kind: kind, header: header,
            body: [UInt8](bytes[bodyAt..<sumAt]))
    }

    /// Who sent an entry of any form; an id that nobody has when the bytes are no entry.
    public static func id(of bytes: [UInt8]?) -> EntryID {
        guard let bytes, bytes.count >= idEnd else { return EntryID(origin: 0, counter: 0) }
        return bytes.withUnsafeBytes { EntryID(origin: $0.little64(at: 1), counter: $0.little64(at: 9)) }
    }

    /// A number is given out once and never again.
    static func code(of kind: EntryKind) -> UInt8 {
        switch kind {
        case .open: 1
        case .publish: 2
        case .historyRemove: 3
        case .channelDrop: 4
        case .sessionCreate: 5
        case .sessionPut: 6
        case .sessionPatch: 7
        case .sessionTouch: 8
        case .sessionEnd: 9
        case .sessionExpire: 10
        case .sessionForget: 11
        case .canary: 12
        case .roomCreate: 13
        case .roomUpdate: 14
        case .roomRemove: 15
        case .roomJoin: 16
        case .roomLeave: 17
        case .roomAway: 18
        case .roomOrphan: 19
        case .roomAbandon: 20
        case .roomStart: 21
        case .roomAdmit: 22
        case .roomAdmission: 23
        case .roomTell: 24
        case .roomAttempt: 25
        case .roomOffer: 26
        case .roomTake: 27
        case .roomForget: 28
        }
    }

    private static let kinds: [EntryKind?] = {
        var kinds = [EntryKind?](repeating: nil, count: 256)
        for kind in EntryKind.allCases { kinds[Int(code(of: kind))] = kind }
        return kinds
    }()

    private static func kind(of code: UInt8) -> EntryKind? { kinds[Int(code)] }
}

extension [UInt8] {
    fileprivate mutating func appendLittle(_ word: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: word.littleEndian) { append(contentsOf: $0) }
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func little64(at offset: Int) -> UInt64 {
        UInt64(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    fileprivate func little32(at offset: Int) -> UInt32 {
        UInt32(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
}
