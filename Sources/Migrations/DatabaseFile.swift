import GRDB
import GRDBSQLite
import Synchronization

/// The one SQLite file, open: a connection that writes and a small pool of read-only ones.
///
/// - Guarantee: only the writing connection commits and runs WAL checkpoints. Two connections that do so at once can
///   corrupt SQLite up to 3.51.2.
/// - Isolation: `write` and `walCheckpoint` belong to one thread; `read` may be called from any thread that may block.
public final class DatabaseFile: Sendable {
    private let pool: DatabasePool
    private let log = WALLength()

    /// Read-only connections, so that history pages and exports don't wait for each other.
    private static let readersMax = 3
    /// Bound of the wait for a lock that a foreign reader holds.
    private static let busySeconds = 5.0
    /// Page cache of the writing connection.
    private static let cacheKibibytes = 32_768

    /// What a commit promises.
    public let durability: HeadRecord.Durability

    /// Opens or creates the file, brings its schema up to date and sets the durability.
    ///
    /// - Errors: `notOurFile`, `newerFormat`, `corrupt`, `diskFull`, `inputOutput`, `directoryUnusable`.
    public init(_ directory: DataDirectory, durability: HeadRecord.Durability) throws(StorageError) {
        self.durability = durability
        do {
            var configuration = Configuration()
            configuration.busyMode = .timeout(Self.busySeconds)
            configuration.maximumReaderCount = Self.readersMax
            configuration.label = "anteroom"
            if directory.holdsDatabase { try Self.refuseForeign(directory) }
            pool = try DatabasePool(path: directory.database, configuration: configuration)
            // DatabasePool sets synchronous=NORMAL after its prepare hook: only a setting made now stays.
            try pool.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA wal_autocheckpoint = 0")
                log.watch(db)
                try db.execute(sql: "PRAGMA cache_size = -\(Self.cacheKibibytes)")
                try db.execute(sql: "PRAGMA synchronous = \(durability == .disk ? "FULL" : "NORMAL")")
                let level = try Int.fetchOne(db, sql: "PRAGMA synchronous")
                guard level == (durability == .disk ? 2 : 1) else {
                    throw StorageError(
                        .inputOutput, "SQLite did not accept the durability: synchronous is \(level ?? -1)")
                }
            }
            try Schema.migrator.migrate(pool)
        } catch {
            throw StorageError.from(error, path: directory.database)
        }
    }

    private static func refuseForeign(_ directory: DataDirectory) throws {
        var configuration = Configuration()
        configuration.readonly = true
        let queue = try DatabaseQueue(path: directory.database, configuration: configuration)
        _ = try queue.read { try Schema.refuseForeign($0, path: directory.database) }
    }

    /// Runs the body in one transaction of the writing connection and commits it.
    ///
    /// - Guarantee: on return the transaction is durable in the sense of the durability; on a throw nothing of it is.
    ///   (After `inputOutput` that holds only once the file was reopened and verified.)
    public func write<Value>(_ body: (Database) throws -> Value) throws(StorageError) -> Value {
        do { return try pool.write(body) } catch { throw StorageError.from(error, path: pool.path) }
    }

    /// Runs the body in a transaction that is then undone: for what only this one look should see.
    public func writeAndUndo<Value>(_ body: (Database) throws -> Value) throws(StorageError) -> Value {
        do {
            return try pool.writeWithoutTransaction { db in
                var value: Value?
                try db.inTransaction {
                    value = try body(db)
                    return .rollback
                }
                guard let value else { throw StorageError(.inputOutput, "the transaction had no result") }
                return value
            }
        } catch { throw StorageError.from(error, path: pool.path) }
    }

    /// Runs the body on the writing connection without a transaction, for reads that must see the newest commit.
    public func readNewest<Value>(_ body: (Database) throws -> Value) throws(StorageError) -> Value {
        do { return try pool.writeWithoutTransaction(body) } catch { throw StorageError.from(error, path: pool.path) }
    }

    /// Runs the body on a read-only connection, in one snapshot.
    public func read<Value>(_ body: (Database) throws -> Value) throws(StorageError) -> Value {
        do { return try pool.read(body) } catch { throw StorageError.from(error, path: pool.path) }
    }

    /// Moves pages of the write-ahead log into the file.
    ///
    /// - Parameter truncating: true waits for readers and empties the log; false does what it can without waiting.
    /// - Returns: pages still in the log.
    @discardableResult
    public func walCheckpoint(truncating: Bool) throws(StorageError) -> Int {
        do {
            return try pool.writeWithoutTransaction { db in
                let result = try db.checkpoint(truncating ? .truncate : .passive)
                return result.walFrameCount - result.checkpointedFrameCount
            }
        } catch { throw StorageError.from(error, path: pool.path) }
    }

    /// Commits a row that says nothing, to see whether the file takes writes.
    public func writeProbe(_ value: Int64) throws(StorageError) {
        try write { db in
            try db.execute(
                sql:
                    "INSERT INTO meta(key, value) VALUES ('probe', ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value",
                arguments: [value])
        }
    }

    /// Lets the file grow no further than a number of pages, so that tests can fill a disk; nil lifts the bound.
    package func limitPages(to count: Int?) throws(StorageError) {
        try readNewest { try $0.execute(sql: "PRAGMA max_page_count = \(count ?? Self.pagesMax)") }
    }

    /// SQLite's own bound.
    private static let pagesMax = 1_073_741_823

    /// Pages in the write-ahead log after the last commit.
    public var walPages: Int { log.pages.load(ordering: .relaxed) }

    /// Closes all connections. Called once nobody reads any more; an error leaves the file as a kill -9 would, which is safe.
    public func close() throws(StorageError) {
        do { try pool.close() } catch { throw StorageError.from(error, path: pool.path) }
    }
}

/// How long the write-ahead log is, as SQLite tells after each commit.
private final class WALLength: Sendable {
    let pages = Atomic<Int>(0)

    /// Takes SQLite's log hook, whose other user is the automatic checkpoint that we do without. The file keeps this
    /// object for as long as its connection, so the pointer stays valid.
    func watch(_ db: Database) {
        sqlite3_wal_hook(
            db.sqliteConnection,
            { context, _, _, pages in
                guard let context else { return SQLITE_OK }
                Unmanaged<WALLength>.fromOpaque(context).takeUnretainedValue().pages
                    .store(Int(pages), ordering: .relaxed)
                return SQLITE_OK
            }, Unmanaged.passUnretained(self).toOpaque())
    }
}

extension StorageError {
    /// Translates what GRDB and SQLite throw.
    package static func from(_ error: any Error, path: String) -> StorageError {
        if let known = error as? StorageError { return known }
        guard let error = error as? DatabaseError else {
            return StorageError(.inputOutput, "\(path) can't be used", cause: error)
        }
        switch error.resultCode {
        case .SQLITE_FULL:
            return StorageError(.diskFull, "the disk of \(path) is full", cause: error)
        case .SQLITE_IOERR where error.extendedResultCode == .SQLITE_IOERR_SHMSIZE:
            return StorageError(.diskFull, "the disk of \(path) is full", cause: error)
        case .SQLITE_CORRUPT:
            return StorageError(.corrupt, "\(path) is damaged", cause: error)
        case .SQLITE_NOTADB:
            return StorageError(.notOurFile, "\(path) is not an Anteroom file", cause: error)
        case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM:
            return StorageError(.directoryUnusable, "\(path) can't be opened for writing", cause: error)
        default:
            return StorageError(.inputOutput, "\(path) can't be used", cause: error)
        }
    }
}
