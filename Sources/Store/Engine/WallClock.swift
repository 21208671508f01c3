import Foundation

/// Milliseconds since 1970 by the machine's clock, which may jump.
public func wallClockMilliseconds() -> Int64 {
    Int64(Date().timeIntervalSince1970 * 1_000)
}
