/// What is to happen when, in virtual milliseconds.
struct Agenda<Happening> {
    private struct Item {
        let time: Int64
        let order: Int
        let happening: Happening
    }

    /// Descending, so that the next one is the last.
    private var items: [Item] = []
    private var order = 0
    private(set) var now: Int64 = 0

    mutating func add(_ happening: Happening, in delay: Int64) {
        order += 1
        let time = now + max(0, delay)
        var (low, high) = (0, items.count)
        while low < high {
            let middle = (low + high) / 2
            if items[middle].time > time { low = middle + 1 } else { high = middle }
        }
        items.insert(Item(time: time, order: order, happening: happening), at: low)
    }

    mutating func next() -> Happening? {
        guard let item = items.popLast() else { return nil }
        now = item.time
        return item.happening
    }
}
