import Gateway

/// Carries everything that ActiveBits keeps in Valkey over to a target, once through all keys.
///
/// - Guarantee: what the target has stays as it is; a run that broke off may be repeated.
/// - Bounds: in memory are one page of keys, one batch, and `mappingsMax` reverse mappings.
struct ImportRun {
    /// Reverse mappings that are held until their links come; some hundred bytes each.
    static let mappingsMax = 200_000

    private struct Pending {
        let key: String
        let record: ImportedRecord
    }

    private let source: ActiveBitsSource
    private let target: any ImportTarget
    private(set) var report = ImportReport()
    private var progress = ImportProgress()
    /// Sessions by the hash of the link that they were started from.
    private var mappings: [String: String] = [:]
    private var batch: [Pending] = []
    private var batchBytes = 0

    init(from source: ActiveBitsSource, into target: any ImportTarget) {
        (self.source, self.target) = (source, target)
    }

    /// Runs to the end; the report tells how far it came in any case.
    mutating func run() async throws {
        defer { progress.end() }
        // Asked for nothing, a target that refuses everything says so before anything was read.
        _ = try await target.bring([])
        for kind in ActiveBitsRecord.Kind.allCases {
            var pages = source.pages(of: kind)
            while let page = try await pages.next() {
                report.find(page.count)
                for key in page { try await take(key, kind) }
                progress.show(report)
            }
            try await flush()
        }
        for session in mappings.values.sorted() {
            report.skip(ActiveBitsRecord.Kind.mapping.rawValue + session, .linkMissing)
        }
    }

    private mutating func take(_ read: ActiveBitsSource.Read, _ kind: ActiveBitsRecord.Kind) async throws {
        switch read.record.map({ $0.meaning(as: kind) }) {
        case .success(.session(let session)): try await add(Pending(key: read.key, record: .session(session)))
        case .success(.link(let link)): try await add(link, key: read.key)
        case .success(.mapping(let mapping)): remember(mapping, key: read.key)
        case .success(.skipped(let reason)), .failure(let reason): report.skip(read.key, reason)
        }
    }

    private mutating func remember(_ mapping: SessionMapping, key: String) {
        // Sessions of one link are one after the other: an older mapping is of a session that is over.
        guard mappings[mapping.hash] == nil else { return report.useMapping() }
        guard mappings.count < Self.mappingsMax else { return report.skip(key, .tooManyMappings) }
        mappings[mapping.hash] = mapping.session
    }

    /// Its sessions came before: what is live there is live here.
    private mutating func add(_ link: ImportedLink, key: String) async throws {
        let mapped = mappings.removeValue(forKey: link.hash)
        if mapped != nil { report.useMapping() }
        try await add(Pending(key: key, record: .link(link.live(in: mapped))))
    }

    private mutating func add(_ pending: Pending) async throws {
        let bytes = pending.record.lineBytes
        guard bytes <= target.lineBytesMax else { return report.skip(pending.key, .tooLarge) }
        if batch.count == ImportLimits.recordsMax || batchBytes + bytes > ImportLimits.requestBytesMax {
            try await flush()
        }
        batch.append(pending)
        batchBytes += bytes
    }

    private mutating func flush() async throws {
        let waiting = batch
        (batch, batchBytes) = ([], 0)
        guard !waiting.isEmpty else { return }
        let outcomes = try await target.bring(waiting.map(\.record))
        for (pending, outcome) in zip(waiting, outcomes) {
            switch outcome {
            case .imported: pending.record.isLink ? report.importLink() : report.importSession()
            case .exists: report.meetExisting()
            case .refused(_, let sentence): report.skip(pending.key, .refused(sentence))
            }
        }
        progress.show(report)
    }
}
