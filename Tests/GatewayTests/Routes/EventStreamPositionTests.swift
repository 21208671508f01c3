import NIOCore
import Store
import Testing

@testable import Gateway

@Suite struct EventStreamPositionTests {
    @Test func id_ofOneChannel_isItsPosition() {
        var position = EventStreamPosition(channels: ["a"])
        #expect(position.id == "")
        position.set(Position(epoch: "s-1.0", offset: 7), at: 0)
        #expect(position.id == "s-1.0:7")
        position.advance(to: 9, at: 0)
        var read = EventStreamPosition(channels: ["a"])
        read.resume(from: position.id)
        #expect(read == position)
    }

    @Test func id_ofSeveral_roundTripsWithGaps() {
        var position = EventStreamPosition(channels: ["a", "b", "c"])
        position.set(Position(epoch: "x", offset: 1), at: 0)
        position.set(Position(epoch: "y", offset: UInt64.max), at: 2)
        var read = EventStreamPosition(channels: ["a", "b", "c"])
        read.resume(from: position.id)
        #expect(read == position)
    }

    @Test(arguments: ["", "x", "x:", "x:-1", ":x", "x:18446744073709551616", "a~x:1,x:", "~", "x:1,x"])
    func id_thatIsNotOfTheStream_matchesNothing(id: String) {
        for channels in [["a"], ["a", "b"]] {
            var position = EventStreamPosition(channels: channels)
            position.resume(from: id)
            #expect(position.positions == channels.map { _ in Position(epoch: "_", offset: 0) })
        }
    }

    @Test func id_ofOtherChannels_isNotTakenForTheirs() {
        var shown = EventStreamPosition(channels: ["a", "b"])
        shown.set(Position(epoch: "x", offset: 5), at: 0)
        shown.set(Position(epoch: "x", offset: 6), at: 1)
        for channels in [["b", "a"], ["a", "c"], ["a", "b", "c"]] {
            var position = EventStreamPosition(channels: channels)
            position.resume(from: shown.id)
            #expect(position.positions.allSatisfy { $0?.epoch == "_" })
        }
    }

    /// Row P10: no line break of a payload begins a field.
    @Test(arguments: [
        ("1", "data: 1\n\n"), ("a\nb", "data: a\ndata: b\n\n"), ("a\r\nb", "data: a\ndata: \ndata: b\n\n"),
        ("\nid: x", "data: \ndata: id: x\n\n"), ("", "data: \n\n"),
    ])
    func data_isSplitAtEveryLineBreak(data: String, expected: String) {
        var buffer = ByteBuffer()
        EventEncoder.writeData(Array(data.utf8)[...], to: &buffer)
        #expect(String(buffer: buffer) == expected)
    }

    /// Row P10: the bound of what waits for a reader.
    @Test func queue_whenFull_isCutButTakesRecoveries() async {
        let queue = EventStreamQueue()
        let half = ByteBuffer(repeating: 0, count: EventStreamLimits.waitingBytesMax / 2)
        #expect(queue.put([half, half, half], isRecovery: true))
        #expect(queue.put([half, half]))
        #expect(!queue.put([ByteBuffer(repeating: 0, count: 1)]))
        #expect(queue.take().isEmpty)
        for await _ in queue.cuts { Issue.record("a cut queue only ends") }
    }
}
