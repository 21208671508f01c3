import TestSupport
import Testing

extension ProcessTests {
    /// Promise: a node that is killed takes nothing with it. Who follows on another node sees no gap, and who was connected
    /// to it goes on elsewhere where it left off.
    @Suite struct OutageKillTests {
        @Test func killedNode_underLoad_leavesNoGapAnywhere() async throws {
            try await FleetRig.run { rig in
                let load = try await MixedLoad(ports: rig.ports, .fleet, bearsOutages: true)
                try await load.run {
                    try await load.waitForAcknowledgements(600)
                    try await rig.a.kill()
                    try await load.waitForAcknowledgements(600)
                    try await rig.a.startAgain()
                    try await rig.settle()
                    try await rig.b.kill()
                    try await load.waitForAcknowledgements(300)
                    try await rig.b.startAgain(hasEmptyDisk: true)
                    try await rig.settle()
                    try await load.waitForAcknowledgements(100)
                }
                #expect(load.control.reconnectCount >= 6, "the subscribers were hardly hit")
                try await load.expectNothingLost(.kept)
            }
        }
    }
}
