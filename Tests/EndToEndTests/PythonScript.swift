import TestSupport
import Testing

/// A running script of the folder `python`.
struct PythonScript {
    let child: ChildProcess

    /// - Parameter argument: what the script gets behind the address.
    init(_ script: String = "client.py", port: Int, _ argument: String) async throws {
        let interpreter = try #require(await PythonEnvironment.interpreter())
        child = try ChildProcess(
            interpreter,
            [PythonEnvironment.folder + "/" + script, "ws://127.0.0.1:\(port)/connection/websocket", argument]
        )
    }

    func say(_ command: String) { child.writeLine(command) }

    /// Every line of that event so far.
    func all(_ event: String) -> [JSONValue] {
        child.standardOutput.split(separator: "\n").compactMap { line in
            // Losing the error is safe: the line that is just being written isn't whole yet.
            let value = try? JSONValue(parsing: String(line))
            return value?["event"]?.string == event ? value : nil
        }
    }

    func first(_ event: String) -> JSONValue? { all(event).first }

    func waitFor(_ event: String) async throws -> JSONValue {
        do {
            return try await eventuallySome(within: .seconds(15), "event \(event)") { first(event) }
        } catch let error as DeadlinePassed {
            throw DeadlinePassed(what: error.what + " of \(child.output)", limit: error.limit)
        }
    }

    /// Waits until an event came so often.
    func wait(for count: Int, _ event: String, where matches: (JSONValue) -> Bool = { _ in true }) async throws {
        do {
            try await eventually(within: .seconds(20), "\(count) of \(event)") {
                all(event).count(where: matches) >= count
            }
        } catch let error as DeadlinePassed {
            throw DeadlinePassed(what: error.what + " of \(child.output)", limit: error.limit)
        }
    }

    func waitForOffset(_ offset: Int) async throws {
        do {
            try await eventually(within: .seconds(15), "offset \(offset)") {
                all("publication").last?["offset"]?.int ?? 0 >= offset
            }
        } catch let error as DeadlinePassed {
            throw DeadlinePassed(what: error.what + " of \(child.output)", limit: error.limit)
        }
    }
}
