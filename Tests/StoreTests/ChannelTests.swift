import Journal
import Testing

@testable import Store

@Suite struct ChannelTests {
    private static let epoch = Cursor(lineage: 1, sequence: 0)

    private static func publication(_ offset: UInt64) -> Publication {
        Publication(offset: offset, data: Array("{\"n\":\(offset)}".utf8))
    }

    private static func channel(_ count: UInt64, size: UInt32 = 5, ttl: Int64 = 1_000) -> Channel {
        var channel = Channel(epoch: epoch)
        for offset in 0..<count {
            channel.append(publication(offset + 1), window: HistoryWindow(size: size, ttl: ttl), at: 100)
        }
        return channel
    }

    @Test func window_boundsByNumber() {
        let channel = Self.channel(12)
        #expect((channel.top, channel.nextOffset, channel.firstRecent) == (12, 13, 8))
        #expect(channel.retainedAbove(at: 100) == 7)
        #expect(channel.publications(8...12).map(\.offset) == [8, 9, 10, 11, 12])
        #expect(channel.publications(9...10).map(\.offset) == [9, 10])
        #expect(channel.publications(7...10).isEmpty)
        #expect(channel.publications(9...13).isEmpty)
    }

    @Test func window_boundsByTimeSinceTheNewest() {
        var channel = Self.channel(3)
        #expect(channel.retainedAbove(at: 1_100) == 0)
        #expect(channel.retainedAbove(at: 1_101) == 3)
        // What was over stays over, though the next publication brings new time.
        channel.append(Self.publication(4), window: HistoryWindow(size: 5, ttl: 1_000), at: 5_000)
        #expect(channel.retainedAbove(at: 5_000) == 3)
        #expect((channel.firstRecent, channel.floor) == (4, 3))
    }

    @Test func widerWindow_doesNotBringBackWhatWasGone() {
        var channel = Self.channel(12, size: 2)
        channel.append(Self.publication(13), window: HistoryWindow(size: 100, ttl: 1_000), at: 200)
        #expect(channel.retainedAbove(at: 200) == 10)
        #expect(channel.publications(11...13).count == 3)
        channel.append(Self.publication(14), window: HistoryWindow(size: 1, ttl: 1_000), at: 200)
        #expect(channel.retainedAbove(at: 200) == 13)
        #expect(channel.firstRecent == 14)
    }

    @Test func removal_emptiesAndKeepsTheNumbers() {
        var channel = Self.channel(4)
        let before = channel.dueAt
        channel.removeHistory()
        #expect((channel.top, channel.floor, channel.firstRecent, channel.nextOffset) == (4, 4, 5, 5))
        #expect(channel.retainedAbove(at: 100) == 4)
        #expect(channel.dueAt == before)
        channel.append(Self.publication(5), window: HistoryWindow(size: 5, ttl: 1_000), at: 200)
        #expect(channel.retainedAbove(at: 200) == 4)
    }

    @Test func adoption_takesOnlyWhatJoinsUpAndIsRetained() {
        var channel = Self.channel(12)
        let size = channel.sizeBytes
        channel.dropRecent()
        #expect((channel.firstRecent, channel.sizeBytes) == (13, Channel.overheadBytes))
        channel.adopt([3, 4].map(Self.publication), at: 100)
        #expect(channel.firstRecent == 13)
        channel.adopt([], at: 100)
        channel.adopt((5...12).map { Self.publication($0) }, at: 100)
        #expect(channel.firstRecent == 8)
        #expect(channel.sizeBytes == size)
        channel.adopt((5...7).map { Self.publication($0) }, at: 100)
        #expect(channel.firstRecent == 8)
    }

    @Test func equality_isOfTheStateNotOfTheCache() {
        var cold = Self.channel(4)
        cold.dropRecent()
        #expect(cold == Self.channel(4))
        #expect(cold != Self.channel(5))
        #expect(
            cold
                == Channel(
                    epoch: Self.epoch, top: 4, floor: 0, window: HistoryWindow(size: 5, ttl: 1_000), publishedAt: 100))
    }

    @Test func numbers_endWithoutATrap() {
        let window = HistoryWindow(size: .max, ttl: .max)
        var channel = Channel(
            epoch: Self.epoch, top: UInt64(Int64.max) - 1, floor: 0, window: window, publishedAt: .max - 1)
        #expect(channel.nextOffset == UInt64(Int64.max))
        channel.append(Self.publication(UInt64(Int64.max)), window: window, at: .max)
        #expect(channel.nextOffset == nil)
        #expect(channel.dueAt == .max)
        #expect(channel.retainedAbove(at: .max) == UInt64(Int64.max) - UInt64(UInt32.max))
        #expect(
            Int64.min.saturatingAdd(-1) == .min && Int64.max.saturatingAdd(1) == .max && Int64(1).saturatingAdd(2) == 3)
    }

    @Test func due_isAfterThirtyDaysOrTheWindow() {
        #expect(Self.channel(1).dueAt == 100 + Channel.rememberedMilliseconds)
        let long = Channel.rememberedMilliseconds * 2
        #expect(Self.channel(1, ttl: long).dueAt == 100 + long)
    }
}
