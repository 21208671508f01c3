import Foundation
import Synchronization

/// Hands out TCP ports of the loopback interface that nobody listens on.
///
/// They lie below the range that the kernel gives to outgoing connections, so that a server can be restarted on its port
/// while clients come and go.
package enum PortAllocator {
    private static let range = 20_000..<32_000
    private static let next = Mutex(range.lowerBound + Int.random(in: 0..<range.count))

    /// A port that is free now and is handed out only once by this process.
    package static func free() throws -> Int {
        for _ in 0..<range.count {
            let candidate = next.withLock { port in
                port = port + 1 < range.upperBound ? port + 1 : range.lowerBound
                return port
            }
            if isFree(candidate) { return candidate }
        }
        throw POSIXError(.EADDRNOTAVAIL)
    }

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        return withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
