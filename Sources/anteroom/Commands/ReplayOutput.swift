import ArgumentParser
import Journal
import Migrations

extension ReplayCommand {
    /// Prints entries, and with `--follow` goes on until Ctrl-C.
    func show(_ source: EntrySource, _ home: ReplayHome) async throws {
        var left = limit ?? .max
        var page = try source.next()
        if page.isEmpty, !follow { throw nothing(source, home) }
        // A page that isn't full is all there is, so its columns can be as wide as they need.
        let isAll = !follow && (page.count < JournalLimits.replayPageRows || left <= page.count)
        let table = EntryTable(measuring: Array(page.prefix(left)), isWhole: isAll, isColoured: Output.isColoured)
        if format == .table { Output.line(table.header) }
        while left > 0 {
            let rows = page.prefix(left)
            left -= rows.count
            if !rows.isEmpty { Output.write(lines(rows, table)) }
            guard left > 0, !home.isInterrupted() else { return }
            page = try source.next()
            while page.isEmpty {
                guard try await home.more() else { return }
                page = try source.next()
            }
        }
    }

    private func lines(_ rows: some Sequence<JournalRow>, _ table: EntryTable) -> [UInt8] {
        var out: [UInt8] = []
        for row in rows {
            switch format {
            case .table: out.append(contentsOf: table.line(row).utf8)
            case .ndjson: out.append(contentsOf: EntryLine.encode(row))
            }
            out.append(UInt8(ascii: "\n"))
        }
        return out
    }

    /// Writes entries to a file.
    func write(_ source: EntrySource, to path: String, _ home: ReplayHome) async throws {
        guard !data.directory.owns(path) else {
            throw Exit(.usage, "--export is \(path), a file of the node itself; choose another one.")
        }
        var left = limit ?? .max
        var page = try source.next()
        guard !page.isEmpty else { throw nothing(source, home) }
        let writer = try EntryFileWriter(path: path)
        while !page.isEmpty, left > 0 {
            guard !home.isInterrupted() else { throw FleetReplay.interrupted }
            try writer.append(Array(page.prefix(left)))
            left -= min(left, page.count)
            page = left > 0 ? try source.next() : []
        }
        try writer.finish()
        Output.line("\(path) has \(writer.count) \(writer.count == 1 ? "entry" : "entries").")
    }

    private func nothing(_ source: EntrySource, _ home: ReplayHome) -> ExitCode {
        let place = home.name
        guard let beginning = source.beginning else { return Output.nothing("There is no entry in \(place).") }
        let what =
            session.map { "No entry of session \($0)" } ?? channel.map { "No entry of channel \($0)" }
            ?? "No such entry"
        return Output.nothing(
            "\(what) in \(place), which begins at \(beginning.cursor) (\(EntryTime.text(beginning.time))).")
    }
}
