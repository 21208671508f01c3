import Foundation

/// The newest bytes that a child wrote.
struct OutputBuffer {
    static let bytesMax = 1 << 20

    private var bytes: [UInt8] = []
    private var standardBytes: [UInt8] = []
    private var errorBytes: [UInt8] = []

    var all: String { String(decoding: bytes, as: UTF8.self) }
    var standard: String { String(decoding: standardBytes, as: UTF8.self) }
    var error: String { String(decoding: errorBytes, as: UTF8.self) }

    mutating func append(_ new: [UInt8], isError: Bool) {
        Self.add(new, to: &bytes)
        if isError { Self.add(new, to: &errorBytes) } else { Self.add(new, to: &standardBytes) }
    }

    private static func add(_ new: [UInt8], to buffer: inout [UInt8]) {
        buffer += new
        if buffer.count > bytesMax { buffer.removeFirst(buffer.count - bytesMax) }
    }
}

/// The reading ends of a child's two output pipes.
struct OutputPipes {
    private struct Pipe {
        let descriptor: Int32
        let isError: Bool
        var isOpen = true
    }

    private var pipes: [Pipe]

    init(standard: Int32, error: Int32) {
        pipes = [Pipe(descriptor: standard, isError: false), Pipe(descriptor: error, isError: true)]
    }

    /// True once every process that had the writing ends is gone.
    var areClosed: Bool { pipes.allSatisfy { !$0.isOpen } }

    /// Reads what is there, waiting a little for the first byte.
    mutating func read(waitMilliseconds: Int32, _ take: (_ bytes: [UInt8], _ isError: Bool) -> Void) {
        var polled = pipes.map { pollfd(fd: $0.isOpen ? $0.descriptor : -1, events: Int16(POLLIN), revents: 0) }
        guard !areClosed, poll(&polled, nfds_t(polled.count), waitMilliseconds) > 0 else { return }
        for index in pipes.indices where polled[index].revents != 0 {
            drain(index, take)
        }
    }

    private mutating func drain(_ index: Int, _ take: (_ bytes: [UInt8], _ isError: Bool) -> Void) {
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while pipes[index].isOpen {
            let count = chunk.withUnsafeMutableBytes {
                Foundation.read(pipes[index].descriptor, $0.baseAddress, $0.count)
            }
            if count > 0 {
                take(Array(chunk.prefix(count)), pipes[index].isError)
            } else if count == 0 || errno != EAGAIN {
                close(pipes[index].descriptor)
                pipes[index].isOpen = false
            } else {
                return
            }
        }
    }

    /// Closes what is still open.
    mutating func closeAll() {
        for index in pipes.indices where pipes[index].isOpen {
            close(pipes[index].descriptor)
            pipes[index].isOpen = false
        }
    }
}
