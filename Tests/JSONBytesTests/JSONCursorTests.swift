import JSONBytes
import Testing

@Suite struct JSONCursorTests {
    private func with<T>(_ text: String, _ body: (inout JSONCursor, UnsafeRawBufferPointer) throws -> T) rethrows -> T {
        try Array(text.utf8).withUnsafeBytes { bytes in
            var cursor = JSONCursor(bytes)
            return try body(&cursor, bytes)
        }
    }

    private func reason<T>(_ text: String, _ body: (inout JSONCursor) throws -> T) -> JSONError.Reason? {
        with(text) { cursor, _ in
            do {
                _ = try body(&cursor)
                return nil
            } catch {
                return (error as? JSONError)?.reason
            }
        }
    }

    private func refuse<T>(
        _ text: String, _ expected: JSONError.Reason, at location: SourceLocation = #_sourceLocation,
        _ body: (inout JSONCursor) throws -> T
    ) {
        let found = reason(text, body)
        #expect(found == expected, sourceLocation: location)
    }

    @Test func cursor_overAnEnvelope_readsEachMemberInOnePass() throws {
        let text =
            #" { "id" : 7 , "publish":{"channel":"a\/b","data": {"x":[1,2]} ,"quiet":true,"skip":[{}],"none":null} } "#
        try with(text) { cursor, bytes in
            try cursor.beginObject()
            #expect(try cursor.nextKey()?.equals("id", in: bytes) == true)
            #expect(try cursor.readUInt64() == 7)
            #expect(try cursor.nextKey()?.equals("publish", in: bytes) == true)
            try cursor.beginObject()
            #expect(try cursor.nextKey()?.string(in: bytes) == "channel")
            #expect(try cursor.readString() == "a/b")
            #expect(try cursor.nextKey()?.string(in: bytes) == "data")
            #expect(try cursor.readText().string == #"{"x":[1,2]}"#)
            #expect(try cursor.nextKey()?.string(in: bytes) == "quiet")
            #expect(try cursor.readBool())
            #expect(try cursor.nextKey()?.string(in: bytes) == "skip")
            let skipped = try cursor.skipValue()
            #expect(String(decoding: bytes[skipped], as: UTF8.self) == "[{}]")
            #expect(try cursor.nextKey()?.string(in: bytes) == "none")
            let isNull = cursor.readNull()
            #expect(isNull)
            #expect(try cursor.nextKey() == nil)
            #expect(try cursor.nextKey() == nil)
            #expect(cursor.atEnd)
            try cursor.expectEnd()
            #expect(cursor.position == bytes.count)
        }
    }

    @Test func nextElement_overAnArray_isTrueForEachElementAndThenFalse() throws {
        let numbers = try with("[ 1, -2 ,3]") { cursor, _ in
            var numbers: [Int64] = []
            try cursor.beginArray()
            while try cursor.nextElement() { numbers.append(try cursor.readInt64()) }
            try cursor.expectEnd()
            return numbers
        }
        #expect(numbers == [1, -2, 3])
    }

    @Test(arguments: ["[1,]", "[,1]", "[1 1]", "[1;1]", "[1", "[1,", "[", "[1}", "[}"])
    func nextElement_inAMalformedArray_throws(text: String) {
        let found = reason(text) { cursor in
            try cursor.beginArray()
            while try cursor.nextElement() { _ = try cursor.skipValue() }
            try cursor.expectEnd()
        }
        #expect(found == .unexpectedByte || found == .unexpectedEnd)
    }

    @Test(arguments: [
        #"{"a":1,}"#, #"{,"a":1}"#, #"{"a":1 "b":1}"#, #"{"a"}"#, #"{"a":1"#, "{1:1}", "{", #"{"a":1]"#, "{]",
    ])
    func nextKey_inAMalformedObject_throws(text: String) {
        let found = reason(text) { cursor in
            try cursor.beginObject()
            while try cursor.nextKey() != nil { _ = try cursor.skipValue() }
            try cursor.expectEnd()
        }
        #expect(found == .unexpectedByte || found == .unexpectedEnd)
    }

    @Test func nextItem_whenTheCallerReadNoValue_throwsInsteadOfSkippingIt() {
        refuse("[1,2]", .unexpectedByte) {
            try $0.beginArray(); _ = try $0.nextElement(); _ = try $0.nextElement()
        }
        refuse("[1,]", .unexpectedByte) { cursor in
            try cursor.beginArray()
            _ = try cursor.nextElement()
            _ = try cursor.skipValue()
            _ = try cursor.nextElement()
        }
        refuse("1", .unexpectedByte) { _ = try $0.nextKey() }
        refuse("", .unexpectedEnd) { _ = try $0.nextElement() }
        refuse("[]", .unexpectedByte) {
            try $0.beginArray(); _ = try $0.nextKey()
        }
    }

    @Test(
        arguments: [
            ("0", 0), ("-0", 0), ("7", 7), ("18446744073709551615", .max), ("1 ", 1), ("10,", 10),
        ] as [(String, UInt64)])
    func readUInt64_ofAWholeNumberInRange_returnsIt(text: String, value: UInt64) throws {
        let read = try with(text) { cursor, _ in try cursor.readUInt64() }
        #expect(read == value)
    }

    @Test(
        arguments: [
            ("-1", .numberOutOfRange), ("18446744073709551616", .numberOutOfRange),
            ("28446744073709551615", .numberOutOfRange),
            ("99999999999999999999999", .numberOutOfRange), ("1.0", .wrongType), ("1e2", .wrongType),
            ("1E2", .wrongType),
            ("1.", .unexpectedEnd), ("1.x", .badNumber), ("01", .badNumber), ("-", .unexpectedEnd), ("--1", .badNumber),
            ("\"1\"", .wrongType), ("true", .wrongType), ("null", .wrongType), ("[1]", .wrongType), ("{}", .wrongType),
            ("", .unexpectedEnd), ("+1", .unexpectedByte), (",", .unexpectedByte), ("1e99999", .wrongType),
        ] as [(String, JSONError.Reason)])
    func readUInt64_ofAnythingElse_throwsTheReason(text: String, expected: JSONError.Reason) {
        refuse(text, expected) { try $0.readUInt64() }
    }

    @Test(
        arguments: [
            ("0", 0), ("-0", 0), ("-1", -1), ("9223372036854775807", .max), ("-9223372036854775808", .min),
        ] as [(String, Int64)])
    func readInt64_ofAWholeNumberInRange_returnsIt(text: String, value: Int64) throws {
        let read = try with(text) { cursor, _ in try cursor.readInt64() }
        #expect(read == value)
    }

    @Test(
        arguments: [
            ("9223372036854775808", .numberOutOfRange), ("-9223372036854775809", .numberOutOfRange),
            ("-99999999999999999999", .numberOutOfRange), ("-1.5", .wrongType), ("-01", .badNumber),
            ("\"\"", .wrongType),
        ] as [(String, JSONError.Reason)])
    func readInt64_ofAnythingElse_throwsTheReason(text: String, expected: JSONError.Reason) {
        refuse(text, expected) { try $0.readInt64() }
    }

    @Test func readBool_ofEachWord_returnsItAndOfOthersThrows() throws {
        let words = try [" true", "false"].map { try with($0) { cursor, _ in try cursor.readBool() } }
        #expect(words == [true, false])
        refuse("null", .wrongType) { try $0.readBool() }
        refuse("tru", .unexpectedEnd) { try $0.readBool() }
        refuse("trua", .unexpectedByte) { try $0.readBool() }
    }

    @Test func readNull_whenAnotherValueIsNext_leavesItThere() throws {
        try with(" 5") { cursor, _ in
            let isNull = cursor.readNull()
            #expect(!isNull)
            let number = try cursor.readUInt64()
            #expect(number == 5)
        }
        for text in ["nul", "", "nux", "0"] {
            let isNull = with(text) { cursor, _ in cursor.readNull() }
            #expect(!isNull)
        }
    }

    @Test func readString_ofAnotherType_throwsWrongType() {
        refuse("1", .wrongType) { try $0.readString() }
        refuse("x", .unexpectedByte) { try $0.readString() }
        refuse("\"a", .unexpectedEnd) { try $0.readString() }
        refuse("[]", .wrongType) { try $0.beginObject() }
        refuse("{}", .wrongType) { try $0.beginArray() }
    }

    @Test func peekByte_beforeAnything_skipsWhitespaceOnly() {
        with(" \n\t\r x") { cursor, _ in
            let byte = cursor.peekByte()
            #expect(byte == UInt8(ascii: "x"))
            #expect(cursor.position == 5)
            #expect(!cursor.atEnd)
        }
        with("  ") { cursor, _ in
            #expect(cursor.atEnd)
            let byte = cursor.peekByte()
            #expect(byte == nil)
        }
    }

    @Test func expectEnd_whileAContainerIsOpen_throws() {
        refuse("[", .unexpectedEnd) {
            try $0.beginArray(); try $0.expectEnd()
        }
        refuse("[]", .trailingBytes) {
            try $0.beginArray(); try $0.expectEnd()
        }
    }

    @Test func readText_ofAValueWithLineBreaks_removesThem() throws {
        let text = try with("[ {\r\n \"a\" :\n 1 }\n]") { cursor, _ in
            try cursor.beginArray()
            _ = try cursor.nextElement()
            return try cursor.readText()
        }
        #expect(text.string == "{ \"a\" : 1 }")
    }
}
