import Dispatch
import Glibc

/// Waits for Ctrl-C or a SIGTERM, so that the program can end with 0 instead of being killed.
final class Interrupt {
    private let came = DispatchSemaphore(value: 0)
    private let sources: [any DispatchSourceSignal]

    /// Takes both signals over from now on.
    init() {
        let came = came
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { came.signal() }
            source.resume()
            return source
        }
    }

    deinit { for source in sources { source.cancel() } }

    /// True when a signal came, at the latest after the time; from then on always.
    func comes(within milliseconds: Int) -> Bool {
        guard came.wait(timeout: .now() + .milliseconds(milliseconds)) == .success else { return false }
        came.signal()
        return true
    }

    /// True once a signal came.
    var hasCome: Bool { comes(within: 0) }
}
