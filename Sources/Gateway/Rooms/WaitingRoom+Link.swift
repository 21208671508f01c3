import JSONBytes
import Store

extension WaitingRoom {
    /// The newest word of the teacher, whatever the URL says that somebody still has.
    var terms: LinkTerms {
        // Losing the fault is safe: what is stored was checked; if it were damaged, the link would say nothing.
        let options = options.isEmpty ? nil : try? LinkOptions(JSONText(unchecked: options))
        return LinkTerms(policy: EntryPolicy(rawValue: policy) ?? .fallback, options: options ?? .empty)
    }

    var isStarted: Bool { session != nil }
}
