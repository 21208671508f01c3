/// Why a key was not brought.
enum SkipReason: Error, Hashable, CustomStringConvertible {
    /// Its value is of another type than the one that ActiveBits writes.
    case notAString
    case notJSON
    case notAnObject
    case tooDeep
    case tooLarge
    /// It was there when the keys were listed, and gone when it was read.
    case expired
    case badID
    /// A link that can't be one here, with the sentence that says why.
    case badLink(String)
    /// A reverse mapping whose link is not there, or can't be read.
    case linkMissing
    /// More reverse mappings than are held in memory.
    case tooManyMappings
    /// Valkey answered the read with an error.
    case unreadable(String)
    /// Anteroom did not take it.
    case refused(String)

    /// The end of a sentence about the key.
    var description: String {
        switch self {
        case .notAString: "not a string"
        case .notJSON: "not JSON"
        case .notAnObject: "JSON, but not an object"
        case .tooDeep: "nested too deeply"
        case .tooLarge: "larger than 1 MiB"
        case .expired: "expired before it was read"
        case .badID: "its id can't be addressed: accepted are letters, digits, \"-\" and \"_\", at most 64"
        case .badLink(let sentence): "no link can be made of it: \(sentence)"
        case .linkMissing: "the link that it names is not there"
        case .tooManyMappings: "one mapping too many to hold in memory"
        case .unreadable(let error): "it can't be read: \(error)"
        case .refused(let sentence): "Anteroom refused it: \(sentence)"
        }
    }

    /// True when the key could be read and Anteroom did not take it.
    var isRefusal: Bool {
        if case .refused = self { true } else { false }
    }
}
