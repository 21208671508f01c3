import JSONBytes

/// What a node answers to a request that imports sessions and links.
public struct ImportAnswer: Sendable, Equatable {
    /// One line of the request and what became of it.
    public struct Result: Sendable, Equatable {
        /// Number of the line in the body, from 1; empty lines count, too.
        public let line: Int
        /// Of the session, or the link's hash; nil when the line could not be read.
        public let id: String?
        /// What became of it.
        public let outcome: ImportOutcome

        /// A result of its parts.
        public init(line: Int, id: String?, outcome: ImportOutcome) {
            (self.line, self.id, self.outcome) = (line, id, outcome)
        }
    }

    /// In the order of the lines.
    public let results: [Result]

    /// An answer of results.
    public init(results: [Result]) { self.results = results }

    /// `{"imported","exists","refused","results":[{"line","id"?,"status","code"?,"detail"?}]}`.
    public var json: [UInt8] {
        var out: [UInt8] = []
        out.appendASCII("{\"imported\":")
        out.appendDecimal(results.count { $0.outcome == .imported })
        out.appendASCII(",\"exists\":")
        out.appendDecimal(results.count { $0.outcome == .exists })
        out.appendASCII(",\"refused\":")
        out.appendDecimal(results.count { if case .refused = $0.outcome { true } else { false } })
        out.appendASCII(",\"results\":[")
        for (index, result) in results.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            Self.append(result, to: &out)
        }
        out.appendASCII("]}")
        return out
    }

    private static func append(_ result: Result, to out: inout [UInt8]) {
        out.appendASCII("{\"line\":")
        out.appendDecimal(result.line)
        if let id = result.id {
            out.appendASCII(",\"id\":")
            out.appendJSONString(id)
        }
        switch result.outcome {
        case .imported: out.appendASCII(",\"status\":\"imported\"")
        case .exists: out.appendASCII(",\"status\":\"exists\"")
        case .refused(let code, let sentence):
            out.appendASCII(",\"status\":\"refused\",\"code\":")
            out.appendJSONString(code)
            out.appendASCII(",\"detail\":")
            out.appendJSONString(sentence)
        }
        out.append(UInt8(ascii: "}"))
    }

    /// Reads what `json` makes; members that are not known are passed over.
    public init(json bytes: [UInt8]) throws(JSONError) {
        results = try bytes.readJSON { (cursor, buffer) throws(JSONError) in
            var results: [Result] = []
            try cursor.beginObject()
            while let key = try cursor.nextKey() {
                guard key.equals("results", in: buffer) else {
                    _ = try cursor.skipValue()
                    continue
                }
                try cursor.beginArray()
                while try cursor.nextElement() { results.append(try Self.result(&cursor, buffer)) }
            }
            return results
        }
    }

    private static func result(
        _ cursor: inout JSONCursor, _ buffer: UnsafeRawBufferPointer
    ) throws(JSONError) -> Result {
        var (line, id, status, code, detail) = (Int64(0), String?.none, "", "", "")
        try cursor.beginObject()
        while let key = try cursor.nextKey() {
            if key.equals("line", in: buffer) {
                line = try cursor.readInt64()
            } else if key.equals("id", in: buffer) {
                id = try cursor.readString()
            } else if key.equals("status", in: buffer) {
                status = try cursor.readString()
            } else if key.equals("code", in: buffer) {
                code = try cursor.readString()
            } else if key.equals("detail", in: buffer) {
                detail = try cursor.readString()
            } else {
                _ = try cursor.skipValue()
            }
        }
        let outcome: ImportOutcome =
            switch status {
            case "imported": .imported
            case "exists": .exists
            default: .refused(code: code, sentence: detail)
            }
        return Result(line: Int(clamping: line), id: id, outcome: outcome)
    }
}
