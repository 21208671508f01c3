import Testing

@testable import Gateway

@Suite struct SurveyStateMachineTests {
    private func page(_ page: UInt32, of pages: UInt32 = 1, _ counts: [String: Int] = [:]) -> SurveyPage {
        SurveyPage(id: 7, page: page, pages: pages, content: .channels(counts))
    }

    @Test func survey_whenEverybodyAnswered_finishesOnce() {
        var machine = SurveyStateMachine(asked: [1, 2])
        #expect(machine.handle(.page(from: 1, page(0, ["a": 1]))) == .wait)
        #expect(
            machine.handle(.page(from: 2, page(0, ["a": 2])))
                == .finish([1: [.channels(["a": 1])], 2: [.channels(["a": 2])]]))
        for late in [.page(from: 2, page(0)), .members([]), .deadline] as [SurveyStateMachine.Event] {
            #expect(machine.handle(late) == .wait)
        }
    }

    @Test func survey_whenPagesComeInAnyOrder_putsThemTogether() {
        var machine = SurveyStateMachine(asked: [1])
        #expect(machine.handle(.page(from: 1, page(1, of: 2, ["b": 1]))) == .wait)
        #expect(machine.handle(.page(from: 1, page(1, of: 2, ["b": 1]))) == .wait)
        #expect(machine.handle(.page(from: 1, page(0, of: 3))) == .wait, "of another answer")
        #expect(
            machine.handle(.page(from: 1, page(0, of: 2, ["a": 1])))
                == .finish([1: [.channels(["a": 1]), .channels(["b": 1])]]))
    }

    @Test func survey_whenSomebodyWasNotAsked_ignoresIt() {
        var machine = SurveyStateMachine(asked: [1])
        #expect(machine.handle(.page(from: 9, page(0))) == .wait)
        #expect(machine.handle(.page(from: 1, page(3, of: 3))) == .wait, "a page that an answer can't have")
        #expect(machine.handle(.members([1, 9])) == .wait)
        #expect(machine.handle(.deadline) == .fail(silent: [1]))
    }

    @Test func survey_whenAMemberLeaves_waitsForTheOthersOnly() {
        var machine = SurveyStateMachine(asked: [1, 2, 3])
        #expect(machine.handle(.page(from: 1, page(0))) == .wait)
        #expect(machine.handle(.page(from: 2, page(0, of: 2))) == .wait)
        #expect(machine.handle(.members([3])) == .wait)
        #expect(
            machine.handle(.page(from: 3, page(0))) == .finish([1: [.channels([:])], 3: [.channels([:])]]),
            "half an answer of one who left is none")
    }

    @Test func survey_whenEverybodyElseLeft_finishesWithNothing() {
        var machine = SurveyStateMachine(asked: [1])
        #expect(machine.handle(.members([])) == .finish([:]))
        var nobody = SurveyStateMachine(asked: [])
        #expect(nobody.handle(.deadline) == .finish([:]))
    }

    @Test func survey_whenTheDeadlinePasses_namesWhoIsSilent() {
        var machine = SurveyStateMachine(asked: [1, 2, 3])
        _ = machine.handle(.page(from: 1, page(0)))
        _ = machine.handle(.page(from: 2, page(0, of: 2)))
        #expect(machine.handle(.deadline) == .fail(silent: [2, 3]))
        #expect(machine.handle(.page(from: 3, page(0))) == .wait)
    }
}
