/// The URL that a teacher hands out.
struct LinkURL: Sendable, Equatable {
    let activity: String
    let hash: LinkHash
    let terms: LinkTerms

    /// `/activity/{activity}/{hash}?{options}&entryPolicy=…&urlHash=…`.
    func path(secrets: LinkSecrets) -> String {
        let options = terms.options.isEmpty ? "" : terms.options.query + "&"
        return "/activity/\(PercentText.encode(activity))/\(hash.text)?\(options)entryPolicy=\(terms.policy.rawValue)"
            + "&urlHash=\(terms.urlHash(of: hash, secrets: secrets))"
    }
}

/// What the query of a link's URL claims, until it is verified.
///
/// - Guarantee: a query that can't be read claims nothing, as one without a signature.
struct LinkQuery: Sendable, Equatable {
    /// Nil where the query can't be that of a link.
    let claimed: LinkTerms?
    let urlHash: String?

    /// Reads the text between `?` and `#`, as it came; `activityName` is none of the options.
    init(_ query: String) {
        var values: [String: String] = [:]
        for part in query.split(separator: "&") {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = pair.first.flatMap({ PercentText.decode($0, plusAsSpace: true) }),
                let value = PercentText.decode(pair.count == 2 ? pair[1] : "", plusAsSpace: true)
            else {
                (claimed, urlHash) = (nil, nil)
                return
            }
            // The first counts, as for browsers.
            if values[name] == nil { values[name] = value }
        }
        urlHash = values["urlHash"]
        let policy = values["entryPolicy"].map { EntryPolicy(rawValue: $0) } ?? .fallback
        // Losing the fault is safe: options that no link can have were never signed.
        let options = try? LinkOptions(values.filter { !LinkOptions.reserved.contains($0.key) })
        if let policy, let options {
            claimed = LinkTerms(policy: policy, options: options)
        } else {
            claimed = nil
        }
    }

    /// The terms that count for a link.
    func terms(of hash: LinkHash, secrets: LinkSecrets) -> LinkTerms {
        claimed?.verified(of: hash, urlHash: urlHash, secrets: secrets) ?? .fallback
    }
}
