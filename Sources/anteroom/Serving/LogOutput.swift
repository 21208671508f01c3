import Gateway
import JSONText
import Logging
import Store

/// Where log lines go: standard error, as text or as one JSON object a line.
enum LogOutput {
    /// The logger of the process.
    static func logger(level: Logger.Level, format: Configuration.LogFormat) -> Logger {
        var logger = Logger(label: "anteroom") { label in
            switch format {
            case .text: StreamLogHandler.standardError(label: label)
            case .json: JSONLogHandler()
            }
        }
        logger.logLevel = level
        return logger
    }
}

/// Writes one JSON object a line to standard error.
struct JSONLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var line: [UInt8] = []
        line.appendASCII("{\"time\":")
        line.appendDecimal(wallClockMilliseconds())
        line.appendASCII(",\"level\":")
        line.appendJSONString(event.level.rawValue)
        line.appendASCII(",\"message\":")
        line.appendJSONString("\(event.message)")
        let all = metadata.merging(event.metadata ?? [:]) { _, latest in latest }
        for (key, value) in all.sorted(by: { $0.key < $1.key }) {
            line.appendASCII(",")
            line.appendJSONString(key)
            line.appendASCII(":")
            line.appendJSONString("\(value)")
        }
        line.appendASCII("}\n")
        Output.log(line)
    }
}
