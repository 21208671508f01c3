import NIOCore
import Store

/// A room as people were shown it, but for those in it: one for all who were shown it together.
final class RoomView: Sendable {
    let room: WaitingRoom
    /// What all who may go in are told; nil while nothing is live.
    let startedFrame: ByteBuffer?

    /// Takes what there is to see of a room.
    init(_ room: WaitingRoom) {
        self.room = room.withoutPeople
        startedFrame = room.session.map { WaitingMessage.frame(WaitingMessage.sessionStarted($0)) }
    }
}
