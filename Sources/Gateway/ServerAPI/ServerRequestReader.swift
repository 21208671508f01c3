import JSONText

/// Reads the three shapes of bodies that the server API knows.
enum ServerRequestReader {
    /// Containers around a payload, the deepest being a batch.
    private static let depthMax = JSONLimits.depthMax + 8
    /// Commands of one batch or one legacy request.
    static let commandsMax = 1_000

    /// The body of `/api/<method>`; an empty one is an empty object.
    static func parameters(_ bytes: [UInt8]) throws(JSONError) -> ServerParameters {
        guard !bytes.isEmpty else { return ServerParameters() }
        return try bytes.readJSON(depthMax: depthMax) { (cursor, buffer) throws(JSONError) in
            try ServerParameters(&cursor, buffer)
        }
    }

    /// The body of `/api/batch`: `{"commands":[{"publish":{…}},…]}`; a command that names no method is an error of its own.
    static func batch(_ bytes: [UInt8]) throws(JSONError) -> [Result<ServerCommand, ServerError>] {
        try bytes.readJSON(depthMax: depthMax) { (cursor, buffer) throws(JSONError) in
            var commands: [Result<ServerCommand, ServerError>] = []
            try cursor.beginObject()
            while let key = try cursor.nextKey() {
                guard key.equals("commands", in: buffer), !cursor.readNull() else {
                    if !key.equals("commands", in: buffer) { _ = try cursor.skipValue() }
                    continue
                }
                try cursor.beginArray()
                while try cursor.nextElement() {
                    commands.append(try command(&cursor, buffer))
                }
            }
            return commands
        }
    }

    private static func command(
        _ cursor: inout JSONCursor, _ buffer: UnsafeRawBufferPointer
    ) throws(JSONError) -> Result<ServerCommand, ServerError> {
        var found = Result<ServerCommand, ServerError>.failure(
            .badRequest("the command names no method that is served"))
        if cursor.readNull() { return found }
        try cursor.beginObject()
        while let key = try cursor.nextKey() {
            if let method = ServerMethod(rawValue: key.string(in: buffer)), !cursor.readNull() {
                found = .success(ServerCommand(method: method, parameters: try ServerParameters(&cursor, buffer)))
            } else {
                _ = try cursor.skipValue()
            }
        }
        return found
    }

    /// The body of the old `/api`: `{"method":"publish","params":{…}}`, several one after the other.
    static func legacy(_ bytes: [UInt8]) throws(JSONError) -> [Result<ServerCommand, ServerError>] {
        try bytes.readJSON(depthMax: depthMax) { (cursor, buffer) throws(JSONError) in
            var commands: [Result<ServerCommand, ServerError>] = []
            repeat { commands.append(try legacyCommand(&cursor, buffer)) } while !cursor.atEnd
            return commands
        }
    }

    private static func legacyCommand(
        _ cursor: inout JSONCursor, _ buffer: UnsafeRawBufferPointer
    ) throws(JSONError) -> Result<ServerCommand, ServerError> {
        var (method, parameters) = ("", ServerParameters())
        try cursor.beginObject()
        while let key = try cursor.nextKey() {
            if key.equals("method", in: buffer) {
                method = try cursor.readString()
            } else if key.equals("params", in: buffer), !cursor.readNull() {
                parameters = try ServerParameters(&cursor, buffer)
            } else if !key.equals("params", in: buffer) {
                _ = try cursor.skipValue()
            }
        }
        guard let method = ServerMethod(rawValue: method) else { return .failure(.methodNotFound) }
        return .success(ServerCommand(method: method, parameters: parameters))
    }
}
