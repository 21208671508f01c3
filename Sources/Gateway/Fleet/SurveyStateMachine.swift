/// Decides when a question to the fleet is answered: by every member that was asked and still lives, or not at all.
///
/// - Guarantee: there is no partial answer. Exactly one action other than `.wait` is given, and it is the last.
struct SurveyStateMachine: Equatable {
    enum Event {
        case page(from: UInt64, SurveyPage)
        /// Who lives now.
        case members(Set<UInt64>)
        case deadline
    }

    enum Action: Equatable {
        case wait
        /// Every asked member answered or left: what they said, member by member, pages in order.
        case finish([UInt64: [SurveyPage.Content]])
        /// These live and did not answer in time.
        case fail(silent: Set<UInt64>)
    }

    private struct Answer: Equatable {
        let pages: UInt32
        var contents: [UInt32: SurveyPage.Content] = [:]

        var isComplete: Bool { contents.count == Int(pages) }
    }

    private var waiting: Set<UInt64>
    private var answers: [UInt64: Answer] = [:]
    private(set) var isOver = false

    /// A question to these members; without any the first event finishes it.
    init(asked: Set<UInt64>) { waiting = asked }

    /// Takes what happened and says what is to be done.
    mutating func handle(_ event: Event) -> Action {
        guard !isOver else { return .wait }
        switch event {
        case .page(let member, let page):
            take(page, from: member)
        case .members(let living):
            // Whoever leaves is waited for no longer, and half an answer is none.
            for member in waiting.subtracting(living) { answers[member] = nil }
            waiting.formIntersection(living)
        case .deadline where !waiting.isEmpty:
            isOver = true
            return .fail(silent: waiting)
        case .deadline: break
        }
        guard waiting.isEmpty else { return .wait }
        isOver = true
        return .finish(
            answers.mapValues { answer in answer.contents.sorted { $0.key < $1.key }.map(\.value) })
    }

    private mutating func take(_ page: SurveyPage, from member: UInt64) {
        guard waiting.contains(member), page.page < page.pages else { return }
        var answer = answers[member] ?? Answer(pages: page.pages)
        // A page of an answer with another number of them belongs to no answer that could be put together.
        guard answer.pages == page.pages else { return }
        answer.contents[page.page] = page.content
        answers[member] = answer
        if answer.isComplete { waiting.remove(member) }
    }
}
