/// Follows the framing of RESP2 byte by byte and stops it before it reaches libhiredis.
///
/// libhiredis 0.14 allocates what an array's header claims, skips two bytes after a string without looking, reads a
/// malformed number as some number, and grows its buffer without a bound; here all of that is a violation.
///
/// - Guarantee: what was scanned without a violation is well-formed, nests at most `RedisLimits.nestingMax` deep, and
///   stays within the limits.
/// - Complexity: O(1) for the bytes of a string, O(n) for the rest.
struct RESPFrameScanner {
    private enum State {
        case marker
        case text(bytes: Int), textFeed
        case number(Number), numberFeed(Number)
        case body(remaining: Int), bodyReturn, bodyFeed
    }

    private struct Number {
        var marker: UInt8
        var isNegative = false
        var digits = 0
        var magnitude: UInt64 = 0
    }

    private let limits: RedisLimits
    private var state = State.marker
    /// What is still missing of each array that is open, the outermost first.
    private var open: [Int] = []
    private var replyBytes = 0
    private var replyElements = 0

    init(limits: RedisLimits) {
        self.limits = limits
        open.reserveCapacity(RedisLimits.nestingMax)
    }

    /// Follows more bytes.
    ///
    /// - Returns: the offset behind the last reply that is complete, and what was wrong after it.
    mutating func scan(_ bytes: UnsafeRawBufferPointer) -> (completeEnd: Int, violation: String?) {
        var index = 0
        var completeEnd = 0
        while index < bytes.count {
            if case .body(let remaining) = state {
                let step = min(remaining, bytes.count - index)
                index += step
                state = step == remaining ? .bodyReturn : .body(remaining: remaining - step)
                continue
            }
            switch step(bytes[index]) {
            case .inside: break
            case .complete: completeEnd = index + 1
            case .violation(let text): return (completeEnd, text)
            }
            index += 1
        }
        return (completeEnd, nil)
    }

    private enum Step {
        case inside, complete
        case violation(String)
    }

    private mutating func step(_ byte: UInt8) -> Step {
        switch state {
        case .marker: return begin(byte)
        case .text(let count):
            if byte == carriageReturn {
                state = .textFeed
                return .inside
            }
            guard byte != lineFeed else { return .violation("a line of a reply ends without CR") }
            guard count < limits.lineBytesMax else {
                return .violation("a line of a reply is longer than \(limits.lineBytesMax) bytes")
            }
            state = .text(bytes: count + 1)
            return .inside
        case .textFeed:
            return byte == lineFeed ? endElement() : .violation("CR without LF in a line of a reply")
        case .number(let number): return digit(byte, of: number)
        case .numberFeed(let number):
            return byte == lineFeed ? end(number) : .violation("CR without LF after a length")
        case .body: return .inside
        case .bodyReturn:
            state = .bodyFeed
            return byte == carriageReturn ? .inside : .violation("a string of a reply doesn't end where it said")
        case .bodyFeed:
            return byte == lineFeed ? endElement() : .violation("a string of a reply doesn't end where it said")
        }
    }

    private mutating func begin(_ byte: UInt8) -> Step {
        switch byte {
        case UInt8(ascii: "+"), UInt8(ascii: "-"): state = .text(bytes: 0)
        case UInt8(ascii: ":"), UInt8(ascii: "$"), UInt8(ascii: "*"): state = .number(Number(marker: byte))
        default: return .violation("a reply starts with the unknown byte \(byte)")
        }
        return .inside
    }

    private mutating func digit(_ byte: UInt8, of number: Number) -> Step {
        var number = number
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            // 19 digits always fit; 20 never are an Int64.
            guard number.digits < 19 else { return .violation("a number of a reply has more than 19 digits") }
            number.magnitude = number.magnitude * 10 + UInt64(byte - UInt8(ascii: "0"))
            number.digits += 1
        case UInt8(ascii: "-") where number.digits == 0 && !number.isNegative: number.isNegative = true
        case carriageReturn where number.digits > 0:
            state = .numberFeed(number)
            return .inside
        default: return .violation("a number of a reply holds the byte \(byte)")
        }
        state = .number(number)
        return .inside
    }

    private mutating func end(_ number: Number) -> Step {
        let bound = UInt64(Int64.max) + (number.isNegative ? 1 : 0)
        guard number.magnitude <= bound else { return .violation("a number of a reply doesn't fit into 64 bits") }
        if number.marker == UInt8(ascii: ":") { return endElement() }
        if number.isNegative {
            return number.magnitude == 1 ? endElement() : .violation("a negative length in a reply")
        }
        return number.marker == UInt8(ascii: "$") ? beginBody(number.magnitude) : beginArray(number.magnitude)
    }

    private mutating func beginBody(_ length: UInt64) -> Step {
        guard length <= UInt64(limits.stringBytesMax) else {
            return .violation("a string of \(length) bytes in a reply, at most \(limits.stringBytesMax)")
        }
        replyBytes += Int(length)
        guard replyBytes <= limits.replyBytesMax else {
            return .violation("a reply of more than \(limits.replyBytesMax) bytes")
        }
        state = length == 0 ? .bodyReturn : .body(remaining: Int(length))
        return .inside
    }

    private mutating func beginArray(_ count: UInt64) -> Step {
        guard count <= UInt64(limits.elementsMax), replyElements + Int(count) <= limits.elementsMax else {
            return .violation("a reply of more than \(limits.elementsMax) elements")
        }
        guard open.count < RedisLimits.nestingMax else {
            return .violation("a reply with more than \(RedisLimits.nestingMax) arrays inside each other")
        }
        // What is announced counts at once: libhiredis reserves room for it when it reads the header.
        replyElements += Int(count)
        if count == 0 { return endElement() }
        open.append(Int(count))
        state = .marker
        return .inside
    }

    private mutating func endElement() -> Step {
        state = .marker
        while let missing = open.last {
            if missing > 1 {
                open[open.count - 1] = missing - 1
                return .inside
            }
            open.removeLast()
        }
        replyBytes = 0
        replyElements = 0
        return .complete
    }
}

private let carriageReturn = UInt8(ascii: "\r")
private let lineFeed = UInt8(ascii: "\n")
