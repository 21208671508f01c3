import NIOCore

/// Puts commas between members.
struct MemberList {
    private var isFirst = true

    mutating func name(_ name: StaticString, to out: inout ByteBuffer) {
        out.writeStaticString(isFirst ? "\"" : ",\"")
        isFirst = false
        out.writeStaticString(name)
        out.writeStaticString("\":")
    }

    mutating func flag(_ name: StaticString, to out: inout ByteBuffer) {
        self.name(name, to: &out)
        out.writeStaticString("true")
    }

    mutating func string(_ name: StaticString, _ value: String, to out: inout ByteBuffer) {
        self.name(name, to: &out)
        out.writeJSONString(value)
    }

    mutating func json(_ name: StaticString, _ value: [UInt8], to out: inout ByteBuffer) {
        self.name(name, to: &out)
        out.writeBytes(value)
    }

    mutating func number(_ name: StaticString, _ value: UInt64, to out: inout ByteBuffer) {
        self.name(name, to: &out)
        out.writeDecimal(value)
    }
}
