import GRDB
import GRDBSQLite

/// A cached prepared statement driven through SQLite's own calls: the hot paths pay for no boxing of values.
///
/// - Isolation: valid inside the database access that made it; not Sendable.
/// - Bounds: columns and parameters are counted from 0 and must exist; reading the wrong type gives SQLite's conversion.
public struct RawStatement {
    private let database: Database
    /// Keeps the statement from being finalized while the cache of the connection turns over.
    private let cached: Statement
    private var statement: OpaquePointer { cached.sqliteStatement }
    /// SQLite copies bound bytes before the call returns.
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    /// Prepares the statement, or takes it from the connection's cache.
    public init(_ database: Database, _ sql: String) throws {
        self.database = database
        cached = try database.cachedStatement(sql: sql)
    }

    /// Binds an integer; nil binds NULL.
    public func bind(_ value: Int64?, at index: Int32) throws {
        try check(value.map { sqlite3_bind_int64(statement, index + 1, $0) } ?? sqlite3_bind_null(statement, index + 1))
    }

    /// Binds an unsigned integer by its bits, so that checksums and origins keep all 64.
    public func bind(bits value: UInt64, at index: Int32) throws {
        try check(sqlite3_bind_int64(statement, index + 1, Int64(bitPattern: value)))
    }

    /// Binds text; nil binds NULL.
    public func bind(_ value: String?, at index: Int32) throws {
        guard var value else { return try check(sqlite3_bind_null(statement, index + 1)) }
        guard !value.isEmpty else { return try check(sqlite3_bind_text(statement, index + 1, "", 0, Self.transient)) }
        let code = value.withUTF8 { utf8 in
            utf8.withMemoryRebound(to: CChar.self) {
                sqlite3_bind_text(statement, index + 1, $0.baseAddress, Int32($0.count), Self.transient)
            }
        }
        try check(code)
    }

    /// Binds bytes; no bytes bind an empty blob, never NULL.
    public func bind(_ value: [UInt8], at index: Int32) throws {
        guard !value.isEmpty else { return try check(sqlite3_bind_zeroblob(statement, index + 1, 0)) }
        try check(
            value.withUnsafeBytes {
                sqlite3_bind_blob(statement, index + 1, $0.baseAddress, Int32($0.count), Self.transient)
            })
    }

    /// Moves to the next row; false at the end, after which the statement is ready to be bound and run again.
    public func step() throws -> Bool {
        switch sqlite3_step(statement) {
        case SQLITE_ROW: return true
        case SQLITE_DONE:
            reset()
            return false
        case let code:
            let message = sqlite3_errmsg(database.sqliteConnection).map { String(cString: $0) }
            reset()
            throw DatabaseError(resultCode: ResultCode(rawValue: code), message: message)
        }
    }

    /// Runs a statement that returns no rows.
    public func run() throws {
        while try step() {}
    }

    /// Ends a run before its last row.
    public func reset() {
        // The code of a reset repeats the failure of the last step, which was thrown already.
        _ = sqlite3_reset(statement)
    }

    /// An integer column; NULL reads as 0.
    public func int64(_ column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }

    /// An integer column by its bits.
    public func bits(_ column: Int32) -> UInt64 { UInt64(bitPattern: int64(column)) }

    /// An unsigned column; negative values, which only damage can make, read as 0.
    public func unsigned(_ column: Int32) -> UInt64 { UInt64(clamping: int64(column)) }

    /// True for NULL.
    public func isNull(_ column: Int32) -> Bool { sqlite3_column_type(statement, column) == SQLITE_NULL }

    /// A text column; NULL reads as empty.
    public func text(_ column: Int32) -> String { String(decoding: bytes(column), as: UTF8.self) }

    /// A blob or text column as bytes.
    public func bytes(_ column: Int32) -> [UInt8] {
        guard let start = sqlite3_column_blob(statement, column) else { return [] }
        return [UInt8](UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, column))))
    }

    private func check(_ code: Int32) throws {
        guard code != SQLITE_OK else { return }
        reset()
        throw DatabaseError(resultCode: ResultCode(rawValue: code))
    }
}
