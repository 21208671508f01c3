import Foundation
import TestSupport
import Testing

/// A data directory as kill -9 left it, with everything that was acknowledged, to be damaged in copies.
struct DamagedFile {
    let folder: TemporaryDirectory
    private let events: [LogEvent]
    private let channels: [String]
    private let sessionIDs: [String]

    /// Writes, kills, and keeps what is on the disk.
    static func afterAKill(commits: Int = 60) async throws -> DamagedFile {
        let log = EventLog()
        let channels = ["torn:1", "torn:2"]
        var ids: [String] = []
        let folder = try await ServerProcess.run { server in
            let http = TestHTTP(port: server.port)
            let control = LoadControl()
            let writer = SessionWriter(name: "writer", http: http, log: log, control: control)
            try await writer.create(1)
            ids = writer.ids
            try await APIPublisher(
                name: "publisher", channels: channels, http: http, log: log, control: control, countMax: commits
            ).run()
            try await server.kill()
            return try TemporaryDirectory.copy(of: server.dataDirectory)
        }
        return DamagedFile(folder: folder, events: log.events, channels: channels, sessionIDs: ids)
    }

    static let logName = "anteroom.sqlite-wal"

    /// Starts a server on a damaged copy, and expects that it either keeps everything, or says that it can't.
    /// - Returns: true when the server kept the epochs.
    @discardableResult
    func expectNoSilentLoss(_ damage: String, mayRefuse: Bool, _ harm: (FileHandle) throws -> Void) async throws -> Bool
    {
        let copy = try TemporaryDirectory.copy(of: folder.path)
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: copy.entry(Self.logName)))
        try harm(file)
        try file.close()
        do {
            return try await ServerProcess.run(dataDirectory: copy.path) { try await check($0, damage) }
        } catch let ended as ServerEnded {
            #expect(mayRefuse, "\(damage): refused to start: \(ended)")
            #expect(ended.status != .code(0) && !isCrash(ended), "\(damage): \(ended)")
            #expect(!ended.output.isEmpty, "\(damage): refused without a sentence")
            return false
        }
    }

    private func isCrash(_ ended: ServerEnded) -> Bool {
        if case .signal = ended.status { true } else { ended.output.contains("Fatal error") }
    }

    private func check(_ server: ServerProcess, _ damage: String) async throws -> Bool {
        let http = TestHTTP(port: server.port)
        let log = EventLog()
        events.forEach(log.record)
        // A write behind the damage would show an offset that is given out a second time.
        try await APIPublisher(
            name: "again", channels: channels, http: http, log: log, control: LoadControl(), countMax: channels.count
        ).run()
        try await FinalReading(http: http, log: log).read(channels + sessionIDs.map { "session:\($0)" })
        expectNoViolation(log, .keptOrTold, damage)
        let isKept = Checker(.kept).violations(in: log).isEmpty
        let finalEpochs = log.events.filter { $0.kind == .read && $0.channel == channels[0] }.compactMap(\.epoch)
        let oldEpochs = events.filter { $0.kind == .ack && $0.channel == channels[0] }.compactMap(\.epoch)
        if log.events.contains(where: { $0.epoch == FinalReading.noSession }) {
            #expect(Set(oldEpochs).isDisjoint(with: finalEpochs), "\(damage): a session vanished and no epoch changed")
        }
        return isKept
    }
}
