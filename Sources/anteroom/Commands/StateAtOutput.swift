import JSONBytes
import Journal
import Migrations
import Store

extension ReplayCommand {
    /// Prints a session as it was at a place.
    func showSession(at point: EntryPoint, in home: ReplayHome) throws {
        let id = session ?? ""
        let answer: SessionLookup.Answer
        switch home.kind {
        case .export:
            answer = try SessionLookup.answer(
                id: id, at: point, rows: try home.source(EntryFilter()), checkpoint: nil)
        case .directory(let directory):
            answer = try SessionLookup.answer(id: id, at: point, reading: try ReadOnlyFile(directory))
        }
        switch answer {
        case .found(let snapshot, let cursor, let time): Output.line(text(snapshot, cursor, time))
        case .absent(let cursor, let time):
            throw Output.nothing("There was no session \(id) at \(cursor) (\(EntryTime.text(time))).")
        case .unknown(let sentence): throw Output.nothing(sentence)
        }
    }

    private func text(_ snapshot: SessionSnapshot, _ cursor: Cursor, _ time: Int64) -> String {
        format == .table
            ? snapshot.description(at: cursor, time) : String(decoding: snapshot.json(at: cursor, time), as: UTF8.self)
    }
}
