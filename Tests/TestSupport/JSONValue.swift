import Foundation

/// A JSON document as a value, for building requests and looking into answers.
///
/// Whole numbers stay whole (also above 2^53), so that offsets compare exactly.
package enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case int(Int)
    case unsigned(UInt64)
    case double(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// Reads a JSON text.
    package init(parsing text: some DataProtocol) throws {
        let any = try JSONSerialization.jsonObject(with: Data(text), options: [.fragmentsAllowed])
        self.init(any: any)
    }

    /// Reads a JSON text.
    package init(parsing text: String) throws {
        try self.init(parsing: Data(text.utf8))
    }

    private init(any: Any) {
        switch any {
        case let text as String: self = .string(text)
        case let items as [Any]: self = .array(items.map(JSONValue.init(any:)))
        case let members as [String: Any]: self = .object(members.mapValues(JSONValue.init(any:)))
        case let number as NSNumber: self = JSONValue(number: number)
        default: self = .null
        }
    }

    private init(number: NSNumber) {
        switch String(cString: number.objCType) {
        case "c", "B": self = .bool(number.boolValue)
        case "d", "f": self = .double(number.doubleValue)
        default:
            if let small = Int(exactly: number) {
                self = .int(small)
            } else {
                self = .unsigned(number.uint64Value)
            }
        }
    }

    /// The document as compact text with sorted keys: equal documents have equal texts.
    package var text: String {
        // Losing the error is safe: every case maps to a type that JSONSerialization accepts, and "" is no JSON text.
        let data = try? JSONSerialization.data(
            withJSONObject: any,
            options: [.sortedKeys, .withoutEscapingSlashes, .fragmentsAllowed]
        )
        return String(decoding: data ?? Data(), as: UTF8.self)
    }

    private var any: Any {
        switch self {
        case .null: NSNull()
        case .bool(let value): value
        case .int(let value): value
        case .unsigned(let value): value
        case .double(let value): value
        case .string(let value): value
        case .array(let items): items.map(\.any)
        case .object(let members): members.mapValues(\.any)
        }
    }
}

extension JSONValue {
    /// The member of that name, or nil when there is none or this is no object.
    package subscript(key: String) -> JSONValue? {
        if case .object(let members) = self { members[key] } else { nil }
    }

    /// The element at that index, or nil when there is none or this is no array.
    package subscript(index: Int) -> JSONValue? {
        if case .array(let items) = self, items.indices.contains(index) { items[index] } else { nil }
    }

    /// The text, or nil when this is none.
    package var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The whole number, or nil when this is none.
    package var int: Int? {
        switch self {
        case .int(let value): value
        case .double(let value): Int(exactly: value)
        default: nil
        }
    }

    /// True or false, or nil when this is neither.
    package var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The elements, or nil when this is no array.
    package var array: [JSONValue]? {
        if case .array(let items) = self { items } else { nil }
    }

    /// The members, or nil when this is no object.
    package var object: [String: JSONValue]? {
        if case .object(let members) = self { members } else { nil }
    }
}

extension JSONValue: ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
    /// A literal of the language stands for the JSON value that it looks like.
    package init(stringLiteral value: String) { self = .string(value) }
    /// A whole number.
    package init(integerLiteral value: Int) { self = .int(value) }
    /// True or false.
    package init(booleanLiteral value: Bool) { self = .bool(value) }
}

extension JSONValue: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral {
    /// An array.
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// An object; of a name given twice the last value counts.
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(Dictionary(elements, uniquingKeysWith: { _, last in last }))
    }
    /// The value null.
    package init(nilLiteral: ()) { self = .null }
}
