import Testing

@testable import Gateway

@Suite struct LinkTableTests {
    /// Everything about links that is served, and what it needs.
    @Test func routeTable_ofLinks_isAsDocumented() async throws {
        try await RouteRig.run { rig in
            let rows = GatewayRouter(core: rig.core).rows
            let (links, rooms) = (PersistentSessionRoutes.path, WaitingRoomRoutes.path)
            #expect(
                rows.filter { $0.contains(links) }.sorted() == [
                    "GET \(links)/list link", "GET \(links)/{hash} link", "GET \(links)/{hash}/entry link",
                    "GET \(links)/{hash}/teacher-code link", "POST \(links)/authenticate link",
                    "POST \(links)/create link", "POST \(links)/remove link", "POST \(links)/update link",
                    "POST \(links)/{hash}/end link", "POST \(links)/{hash}/entry-participant link",
                    "POST \(links)/{hash}/entry-participant/consume link", "POST \(links)/{hash}/start link",
                ])
            let verbs = ["admit", "capacity", "close", "end", "open", "pause", "resume", "start"]
            #expect(
                rows.filter { $0.contains(rooms) }.sorted()
                    == ["DELETE \(rooms)/{hash} apiKey", "GET \(rooms) apiKey", "GET \(rooms)/{hash} apiKey"]
                    + verbs.map { "POST \(rooms)/{hash}/\($0) apiKey" })
        }
    }
}
