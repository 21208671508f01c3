extension ClientConnection {
    /// Follows a subscription whose reply was queued.
    ///
    /// - Parameters:
    ///   - wantsJoinLeave: whether the client asked to be told of others who come and go.
    ///   - terms: what the subscription has beyond its channel's options.
    func subscriptionOpened(_ channel: String, wantsJoinLeave: Bool, terms: SubscriptionTerms?) {}

    /// Follows the end of an open subscription, whatever ended it. The table has let it go already.
    func subscriptionEnded(_ channel: String, terms: SubscriptionTerms?) {}

    /// Answers `presence`.
    func presence(_ channel: String, id: UInt32) { fail(id, .notAvailable) }

    /// Answers `presence_stats`.
    func presenceStats(_ channel: String, id: UInt32) { fail(id, .notAvailable) }
}
