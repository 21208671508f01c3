import JSONBytes
import Store
import TestSupport
import Testing

@testable import Gateway

@Suite struct CommandScannerTests {
    /// The commands of a message up to its end or its first fault.
    private func scan(_ bytes: [UInt8]) -> (commands: [Command], fault: JSONError?) {
        var (commands, fault): ([Command], JSONError?) = ([], nil)
        bytes.withUnsafeBytes { raw in
            do throws(JSONError) { try CommandScanner.scan(raw) { commands.append($0) } } catch { fault = error }
        }
        return (commands, fault)
    }

    private func scan(_ text: String) -> (commands: [Command], fault: JSONError?) { scan(Array(text.utf8)) }

    private static func subscribe(_ change: (inout SubscribeCommand) -> Void = { _ in }) -> Command.Method {
        var command = SubscribeCommand(channel: "c")
        change(&command)
        return .subscribe(command)
    }

    private static func history(_ filter: HistoryFilter) -> Command.Method {
        .history(HistoryCommand(channel: "c", filter: filter))
    }

    private static func position(_ epoch: String, _ offset: UInt64) -> Store.Position {
        .init(epoch: epoch, offset: offset)
    }

    /// Member by member, what each command means.
    private static let commands: [(String, Command.Method)] = [
        (#""connect":{}"#, .connect(ConnectCommand())),
        (#""connect":null"#, .connect(ConnectCommand())),
        (
            #""connect":{"token":"a.b.c","name":"js","version":"1","data":{"a":[1]},"subs":{"x":{"recover":true}},"flag":1}"#,
            .connect(ConnectCommand(token: "a.b.c", wishes: [SubscriptionWish(channel: "x", recover: true)]))
        ),
        (
            #""connect":{"subs":{"x":{"offset":7,"epoch":"e","recover":false,"new":[1]},"y":null,"z":{}}}"#,
            .connect(
                ConnectCommand(wishes: [
                    SubscriptionWish(channel: "x", position: position("e", 7)), SubscriptionWish(channel: "z"),
                ]))
        ),
        (#""connect":{"token":null,"data":null}"#, .connect(ConnectCommand())),
        (#""subscribe":{"channel":"c"}"#, subscribe()),
        (#""subscribe":{"channel":"c","flag":1}"#, subscribe { $0.flag = 1 }),
        (
            #""subscribe":{"channel":"c","flag":3,"recover":true,"offset":18446744073709551615,"epoch":"e\u0065"}"#,
            subscribe {
                $0.flag = 3
                $0.recover = true
                $0.position = position("ee", .max)
            }
        ),
        (
            #""subscribe":{"recover":null,"offset":null,"epoch":null,"flag":null,"tf":null,"type":null,"channel":"c"}"#,
            subscribe()
        ),
        (
            #""subscribe":{"positioned":true,"recoverable":true,"join_leave":true,"channel":"c"}"#,
            subscribe { ($0.wantsPositioned, $0.wantsRecoverable, $0.wantsJoinLeave) = (true, true, true) }
        ),
        (
            #""subscribe":{"channel":"c","delta":"fossil","data":{"a":{"b":[]}},"token":""}"#,
            subscribe { $0.delta = "fossil" }
        ),
        (#""subscribe":{"channel":"c","token":"t"}"#, subscribe { $0.token = "t" }),
        (#""subscribe":{"channel":"c","type":0}"#, subscribe()),
        (#""subscribe":{"channel":"c","type":2}"#, subscribe { $0.asksForMore = true }),
        (#""subscribe":{"channel":"c","tf":{"op":"and"}}"#, subscribe { $0.asksForMore = true }),
        (#""subscribe":{"channel":"c","tf":{"op":"and"},"type":0}"#, subscribe { $0.asksForMore = true }),
        (#""subscribe":{}"#, .subscribe(SubscribeCommand())),
        (#""unsubscribe":{"channel":"c"}"#, .unsubscribe(channel: "c")),
        (#""unsubscribe":{}"#, .unsubscribe(channel: "")),
        (#""publish":{"channel":"c","data":{"a":1}}"#, .publish(channel: "c", data: Array(#"{"a":1}"#.utf8))),
        (#""publish":{"data":"x","extra":{"a":[]},"channel":"c"}"#, .publish(channel: "c", data: Array(#""x""#.utf8))),
        (#""publish":{"channel":"c","data":null}"#, .publish(channel: "c", data: nil)),
        (#""publish":{"channel":"c","data":1,"data":2}"#, .publish(channel: "c", data: [UInt8(ascii: "2")])),
        (#""publish":{"channel":"c"}"#, .publish(channel: "c", data: nil)),
        (#""publish":null"#, .publish(channel: "", data: nil)),
        (#""history":{"channel":"c"}"#, history(HistoryFilter(limit: 0))),
        (#""history":{"channel":"c","limit":-1,"reverse":true}"#, history(HistoryFilter(limit: -1, reverse: true))),
        (
            #""history":{"channel":"c","limit":10,"since":{"offset":7,"epoch":"e"},"reverse":false}"#,
            history(HistoryFilter(limit: 10, since: position("e", 7)))
        ),
        (
            #""history":{"channel":"c","limit":9223372036854775807,"since":{}}"#,
            history(HistoryFilter(limit: .max, since: position("", 0)))
        ),
        (
            #""history":{"channel":"c","since":{"epoch":null,"more":[1],"offset":null}}"#,
            history(HistoryFilter(limit: 0, since: position("", 0)))
        ),
        (#""history":{"channel":"c","since":null,"limit":null}"#, history(HistoryFilter(limit: 0))),
        (#""presence":{"channel":"c"}"#, .presence(channel: "c")),
        (#""presence_stats":{"channel":"c"}"#, .presenceStats(channel: "c")),
        (#""rpc":{"method":"m","data":[1, 2]}"#, .rpc(method: "m", data: Array("[1, 2]".utf8))),
        (#""rpc":{"method":"m","data":null}"#, .rpc(method: "m", data: nil)),
        (#""rpc":{}"#, .rpc(method: "", data: nil)),
        (#""refresh":{"token":"t"}"#, .refresh(token: "t")),
        (#""sub_refresh":{"channel":"c","token":"t"}"#, .subRefresh(channel: "c", token: "t")),
        (#""send":{"data":{"a":1}}"#, .send),
        (#""ping":{}"#, .ping),
        (#""ping":null"#, .ping),
        (#""p\u0069ng":{}"#, .ping),
        (#""unheard":{"of":[1,2]}"#, .unknown),
        (#""Publish":{"channel":"c","data":1}"#, .unknown),
    ]

    @Test(arguments: commands.indices)
    func scan_whenOneCommandComes_readsItsFields(_ index: Int) {
        let (text, method) = Self.commands[index]
        for message in ["{\"id\":7,\(text)}", "{\(text),\"id\":7}", " \n{ \"id\" : 7 ,\r\n\t\(text) }\n\n"] {
            let (commands, fault) = scan(message)
            #expect(fault == nil, "\(message)")
            #expect(commands == [Command(id: 7, method: method)], "\(message)")
        }
    }

    @Test func scan_whenObjectIsEmpty_isAPong() {
        for text in ["{}", " { } ", "{}\n", #"{"id":0}"#] { #expect(scan(text).commands == [Command()]) }
        #expect(scan(#"{"id":3}"#).commands == [Command(id: 3, method: .unknown)], "an id without a method is no pong")
    }

    @Test(arguments: [
        (#"{"id":1,"ping":{},"publish":{"channel":"c","data":1}}"#, Command.Method.ping),
        (#"{"id":1,"publish":{"channel":"c","data":1},"ping":{}}"#, .publish(channel: "c", data: [0x31])),
        (#"{"id":1,"trace":{"a":1},"ping":{},"more":null}"#, .ping),
        (#"{"id":1,"more":null,"trace":[[]]}"#, .unknown),
    ])
    func scan_whenSeveralMethodsCome_takesTheFirstThatItKnows(text: String, method: Command.Method) {
        #expect(scan(text).commands == [Command(id: 1, method: method)])
    }

    @Test(arguments: [
        ("0", UInt32(0)), ("1", 1), ("4294967295", .max), ("4294967296", nil), ("-1", nil), ("1.0", nil), ("1e2", nil),
        ("\"1\"", nil), ("null", nil), ("true", nil), ("18446744073709551616", nil), ("01", nil),
    ])
    func id_whenOutOfBounds_isAFault(text: String, id: UInt32?) {
        let (commands, fault) = scan("{\"id\":\(text),\"ping\":{}}")
        #expect(commands == (id.map { [Command(id: $0, method: .ping)] } ?? []))
        #expect((fault == nil) == (id != nil))
    }

    @Test(arguments: ["\n", "", " ", "\r\n", "\n\n\n", "\t\n "])
    func scan_whenSeveralCommandsComeInAMessage_handsThemOverInOrder(separator: String) {
        let texts = (1...5).map { #"{"id":\#($0),"publish":{"channel":"c","data":\#($0)}}"# }
        let (commands, fault) = scan(texts.joined(separator: separator) + separator)
        #expect(fault == nil)
        #expect(commands.map(\.id) == [1, 2, 3, 4, 5])
    }

    @Test func scan_whenPrettyPrinted_readsItAndRemovesTheLineBreaksOfPayloads() {
        let text = """
            {
              "id": 4,
              "publish": {
                "channel": "c",
                "data": {
                  "a b": "x\\ny",\r
                  "n": 1.50e+2
                }
              }
            }
            """
        let data = Array(#"{      "a b": "x\ny",      "n": 1.50e+2    }"#.utf8)
        #expect(scan(text).commands == [Command(id: 4, method: .publish(channel: "c", data: data))])
    }

    @Test(arguments: [
        #"{"a":1,"a":2}"#, "1e400", "-0", #""\ud83d\ude00 \u0000 漢""#, "[ ]", #"{"b":true , "a":[ null,1.10 ]}"#,
        "true",
    ])
    func payload_whenScanned_staysByteForByte(data: String) {
        for method in ["publish", "rpc"] {
            let name = method == "publish" ? "channel" : "method"
            let (commands, _) = scan(#"{"id":1,"\#(method)":{"data":  \#(data)  ,"\#(name)":"c"}}"#)
            let bytes = Array(data.utf8)
            let expected: Command.Method =
                method == "publish" ? .publish(channel: "c", data: bytes) : .rpc(method: "c", data: bytes)
            #expect(commands == [Command(id: 1, method: expected)])
        }
    }

    @Test func payload_whenNestedDeeply_isTakenUpToTheBound() {
        for (open, close) in [("[", "]"), (#"{"a":"#, "}")] {
            for depth in [JSONLimits.depthMax, JSONLimits.depthMax + 1] {
                let data = String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
                let (commands, fault) = scan(#"{"id":1,"publish":{"channel":"c","data":\#(data)}}"#)
                #expect((fault == nil) == (depth == JSONLimits.depthMax))
                #expect(fault.map(\.reason) == (fault == nil ? nil : .tooDeep))
                #expect(commands.count == (fault == nil ? 1 : 0))
            }
        }
    }

    @Test(arguments: [
        "", " ", "\n", "x", "null", "1", "[]", "[{}]", "{", "{\"id\":1", #"{"id":1,"ping":{}"#, #"{"id":1,"ping":{}},"#,
        "{},{}",
        #"{"id":1 "ping":{}}"#, #"{"id":1,}"#, #"{"connect":[]}"#, #"{"connect":"t"}"#, #"{"connect":{"token":1}}"#,
        #"{"publish":{"channel":1}}"#, #"{"publish":{"channel":"c","data":}}"#,
        #"{"publish":{"channel":"c","data":nul}}"#,
        #"{"subscribe":{"recover":1}}"#, #"{"subscribe":{"offset":-1}}"#, #"{"subscribe":{"offset":1.5}}"#,
        #"{"subscribe":{"flag":9223372036854775808}}"#, #"{"history":{"since":[]}}"#, #"{"history":{"limit":"1"}}"#,
        #"{"connect":nope}"#, #"{"connect":nul"#, "{\"id\":1,\"rpc\":{\"method\":\"\u{1}\"}}", #"{"id":1,"ping":tru}"#,
    ])
    func message_whenItIsNoCommand_isAFault(text: String) {
        let (commands, fault) = scan(text)
        #expect(fault != nil)
        #expect(commands.count <= 1)
    }

    @Test func message_whenItBreaksBehindCommands_handsOverWhatCameBefore() {
        let (commands, fault) = scan(#"{"id":1,"ping":{}}{"id":2,"ping":{}}{"id":3,"ping":"#)
        #expect(commands.map(\.id) == [1, 2])
        #expect(fault?.reason == .unexpectedEnd)
    }

    @Test func message_whenItHoldsTooManyCommands_endsWithAnUnknownOne() {
        let max = CommandScanner.commandsMax
        let exact = scan(String(repeating: #"{"id":1,"ping":{}}"#, count: max))
        #expect(exact.commands == Array(repeating: Command(id: 1, method: .ping), count: max))
        let over = scan(String(repeating: #"{"id":1,"ping":{}}"#, count: max + 2))
        #expect(over.commands.count == max + 1)
        #expect(over.commands.last == Command(id: 0, method: .unknown))
        #expect(over.fault == nil)
    }

    @Test func scan_whenBytesAreMutated_neverTraps() {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededGenerator(seed: seed)
        let texts = Self.commands.map { Array("{\"id\":7,\($0.0)}\n{\"id\":8,\($0.0)}".utf8) }
        let interesting = Array("{}[]\",:\\nul0-9.eE \n\u{0}".utf8) + [0x80, 0xFF]
        var faults = 0
        for _ in 0..<20_000 {
            var bytes = random.pick(texts)
            for _ in 0...random.index(below: 4) where !bytes.isEmpty {
                let at = random.index(below: bytes.count)
                switch random.index(below: 4) {
                case 0: bytes[at] = random.pick(interesting)
                case 1: bytes.remove(at: at)
                case 2: bytes.insert(random.pick(interesting), at: at)
                default: bytes.removeSubrange(at...)
                }
            }
            let (commands, fault) = scan(bytes)
            if fault != nil { faults += 1 }
            #expect(commands.count <= bytes.count, "seed \(seed)")
            // What passed as data is one valid value, and no frame of ours can be broken by it.
            for case .publish(_, let data?) in commands.map(\.method) {
                #expect(throws: Never.self, "seed \(seed)") { _ = try JSONText(validating: data) }
                #expect(!data.contains(0x0A))
            }
        }
        #expect(faults > 1_000, "mutations that break nothing test nothing")
    }
}
