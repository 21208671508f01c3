import HTTPTypes
import Logging
import Synchronization
import Testing

@testable import Gateway

@Suite struct RefusalTallyTests {
    /// A flood of refusals must not fill a disk, and nobody must go uncounted for it.
    @Test func flood_isCountedAndLoggedInPart() {
        let lines = Lines()
        let clock = Atomic<Int64>(1_000)
        let tally = RefusalTally(logger: lines.logger) { clock.load(ordering: .relaxed) }
        let each = RefusalTally.linesPerSecond
        for _ in 0..<(each + 30) { tally.refused(Problem(HTTPResponse.Status.notFound), path: "/nowhere?token=secret") }
        #expect(tally.counts == ["not-found": each + 30])
        #expect(lines.all.count == each)
        #expect(lines.all.first == "Refused code=not-found path=/nowhere status=404")
        clock.store(2_000, ordering: .relaxed)
        tally.refused(Problem(HTTPResponse.Status.forbidden), path: "/elsewhere")
        #expect(
            Array(lines.all.dropFirst(each)) == [
                "More refusals than are logged count=30", "Refused code=forbidden path=/elsewhere status=403",
            ])
    }
}

/// Log lines of a test.
private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    var logger: Logger {
        Logger(label: "test") { _ in Handler(lines: self) }
    }

    private struct Handler: LogHandler {
        let lines: Lines
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level = .info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let fields = (event.metadata ?? [:]).map { "\($0.key)=\($0.value)" }.sorted()
            lines.lines.withLock { $0.append((["\(event.message)"] + fields).joined(separator: " ")) }
        }
    }
}
