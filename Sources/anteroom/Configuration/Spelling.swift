/// Finds the word that somebody probably meant.
enum Spelling {
    /// Longest text that is compared, in characters.
    private static let maximumLength = 200

    /// Returns the nearest candidate, if it is near enough to be worth a question.
    static func nearest(to text: String, among candidates: some Sequence<String>) -> String? {
        guard text.count <= maximumLength else { return nil }
        let ranked = candidates.map { (name: $0, distance: distance(Array(text), Array($0))) }
            .min { ($0.distance, $0.name) < ($1.distance, $1.name) }
        // The parents of a key are mostly right: how far off it is counts against its own name.
        let own = text.split(separator: ".").last?.count ?? text.count
        guard let ranked, ranked.distance <= max(2, own * 2 / 5) else { return nil }
        return ranked.name
    }

    /// Insertions, deletions, replacements and swaps of neighbours between two texts (optimal string alignment).
    static func distance(_ a: [Character], _ b: [Character]) -> Int {
        var earlier: [Int] = []
        var previous = Array(0...b.count)
        for i in 0..<a.count {
            var current = [i + 1]
            for j in 0..<b.count {
                var best = min(previous[j] + (a[i] == b[j] ? 0 : 1), previous[j + 1] + 1, current[j] + 1)
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, earlier[j - 1] + 1) }
                current.append(best)
            }
            (earlier, previous) = (previous, current)
        }
        return previous[b.count]
    }
}
