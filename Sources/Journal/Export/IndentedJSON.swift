/// Lays JSON out over lines for people; every value stays as it was spelt.
///
/// Characters that a terminal might obey (control and direction characters) are spelt as escapes, which means the same.
public enum IndentedJSON {
    private static let step = "  "

    /// The text over lines; it must be valid JSON.
    public static func text(_ bytes: [UInt8]) -> String {
        var (out, indent, isInString, isEscaped) = ("", "", false, false)
        // An opening bracket waits here, because an empty object or array stays on its line.
        var opened: Unicode.Scalar?
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            if isInString {
                append(scalar, to: &out)
                if isEscaped {
                    isEscaped = false
                } else if scalar == "\\" {
                    isEscaped = true
                } else if scalar == "\"" {
                    isInString = false
                }
                continue
            }
            guard !scalar.properties.isWhitespace else { continue }
            let isClosing = scalar == "}" || scalar == "]"
            if let bracket = opened {
                out.unicodeScalars.append(bracket)
                if !isClosing {
                    indent += step
                    out += "\n" + indent
                }
            } else if isClosing {
                indent.removeLast(min(step.count, indent.count))
                out += "\n" + indent
            }
            opened = nil
            switch scalar {
            case "{", "[": opened = scalar
            case ",": out += ",\n" + indent
            case ":": out += ": "
            default:
                out.unicodeScalars.append(scalar)
                isInString = scalar == "\""
            }
        }
        return out
    }

    private static func append(_ scalar: Unicode.Scalar, to out: inout String) {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator:
            for unit in String(scalar).utf16 {
                let digits = String(unit, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        default: out.unicodeScalars.append(scalar)
        }
    }
}
