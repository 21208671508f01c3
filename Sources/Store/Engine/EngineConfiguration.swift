import Migrations

/// What an engine is started with.
public struct EngineConfiguration: Sendable {
    /// Where the files are.
    public var directory: DataDirectory
    /// What an acknowledgement promises.
    public var durability: HeadRecord.Durability
    /// Milliseconds between checkpoints.
    public var flushInterval: Int64
    /// Budget of hot state in memory.
    public var cacheBytes: Int
    /// Milliseconds for which journal rows are kept.
    public var journalRetention: Int64
    /// Bytes that journal rows may take.
    public var journalBytesMax: Int
    /// Milliseconds for which the place of a waiter who is away is kept.
    public var roomGrace: Int64
    /// Milliseconds after which a room that isn't live and where nobody waits takes people as usual again.
    public var roomTTL: Int64
    /// What the node shares its journal by; nil runs it alone.
    public var fleet: FleetTerms?
    /// How many event loops will attach.
    public var loops: Int
    /// The time that the engine goes by.
    public var clock: EngineClock
    /// Where the engine lives.
    public var host: any EngineHost

    /// A configuration with the defaults of DESIGN section 9.
    public init(directory: DataDirectory, durability: HeadRecord.Durability = .disk, loops: Int = 1) {
        self.directory = directory
        self.durability = durability
        flushInterval = 1_000
        cacheBytes = 268_435_456
        journalRetention = 86_400_000
        journalBytesMax = 1_073_741_824
        (roomGrace, roomTTL) = (60_000, 600_000)
        self.loops = loops
        clock = .system()
        host = EngineThread()
    }
}

/// The two clocks of the engine.
public struct EngineClock: Sendable {
    /// Milliseconds since 1970 that never jump: the wall clock at the start plus monotonic time since.
    public let entryTime: @Sendable () -> Int64
    /// Milliseconds that never go back, for deadlines.
    public let monotonic: @Sendable () -> Int64

    /// Clocks made of functions.
    public init(entryTime: @escaping @Sendable () -> Int64, monotonic: @escaping @Sendable () -> Int64) {
        self.entryTime = entryTime
        self.monotonic = monotonic
    }

    /// The machine's clocks. A jump of the wall clock after the start moves nothing.
    public static func system() -> EngineClock {
        let start = ContinuousClock.now
        let wall = wallClockMilliseconds()
        let elapsed: @Sendable () -> Int64 = {
            let (seconds, attoseconds) = (ContinuousClock.now - start).components
            return seconds * 1_000 + attoseconds / 1_000_000_000_000_000
        }
        return EngineClock(entryTime: { wall + elapsed() }, monotonic: elapsed)
    }
}
