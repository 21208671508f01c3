import JSONText
import Store

/// How a session looks outside, as JSON.
public enum SessionRepresentation {
    /// Appends `{"id","type","owner"?,"version","document","createdAt","updatedAt","expiresAt"}`.
    ///
    /// - Guarantee: the document's bytes are those that were stored.
    /// - Units: times in milliseconds since 1970.
    public static func append(_ session: Session, showsOwner: Bool, to out: inout [UInt8]) {
        out.reserveCapacity(out.count + session.document.count + 256)
        out.appendASCII("{\"id\":")
        out.appendJSONString(session.id)
        out.appendASCII(",\"type\":")
        out.appendJSONString(session.type)
        if showsOwner {
            out.appendASCII(",\"owner\":")
            out.appendJSONString(session.owner)
        }
        out.appendASCII(",\"version\":")
        out.appendDecimal(session.version)
        if session.endedAt == nil {
            out.appendASCII(",\"document\":")
            out.append(contentsOf: session.document)
        }
        out.appendASCII(",\"createdAt\":")
        out.appendDecimal(session.createdAt)
        out.appendASCII(",\"updatedAt\":")
        out.appendDecimal(session.updatedAt)
        out.appendASCII(",\"expiresAt\":")
        out.appendDecimal(session.deadline)
        out.append(UInt8(ascii: "}"))
    }

    /// True when an identity may see who owns a session.
    public static func showsOwner(of session: Session, to identity: Identity) -> Bool {
        identity.isOperator || (!session.owner.isEmpty && session.owner == identity.user)
    }
}
