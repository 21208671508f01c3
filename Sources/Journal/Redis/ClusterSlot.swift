/// The slot of a key in a Redis Cluster.
public enum ClusterSlot {
    /// Slots of every cluster.
    public static let count: UInt16 = 16_384

    /// The slot of a key: CRC16 (XMODEM) of what stands between its first `{` and the next `}`, or of all of it.
    ///
    /// - Source: Redis Cluster specification, "Hash tags".
    public static func slot(of key: some Collection<UInt8>) -> UInt16 {
        guard let open = key.firstIndex(of: UInt8(ascii: "{")) else { return checksum(key) % count }
        let inner = key[key.index(after: open)...]
        guard let close = inner.firstIndex(of: UInt8(ascii: "}")), close != inner.startIndex else {
            return checksum(key) % count
        }
        return checksum(inner[..<close]) % count
    }

    /// The slot of a key.
    public static func slot(of key: String) -> UInt16 { slot(of: Array(key.utf8)) }

    private static func checksum(_ bytes: some Collection<UInt8>) -> UInt16 {
        var checksum: UInt16 = 0
        for byte in bytes {
            checksum ^= UInt16(byte) << 8
            for _ in 0..<8 {
                checksum = checksum & 0x8000 != 0 ? (checksum << 1) ^ 0x1021 : checksum << 1
            }
        }
        return checksum
    }
}
