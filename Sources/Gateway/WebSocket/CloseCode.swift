/// Close codes that this service sends, and the rule for those that may come in.
///
/// - Source: RFC 6455 §7.4, the IANA registry, and the ranges of the Centrifuge protocol: a client
///   comes back after 3000–3499 and stays away after 3500–3999.
public enum CloseCode {
    /// The purpose of the connection is fulfilled.
    public static let normal: UInt16 = 1000
    /// The endpoint goes away.
    public static let goingAway: UInt16 = 1001
    /// A frame broke the WebSocket protocol.
    public static let protocolError: UInt16 = 1002
    /// The kind of data isn't accepted here.
    public static let unsupportedData: UInt16 = 1003
    /// Text that isn't UTF-8.
    public static let invalidPayload: UInt16 = 1007
    /// A rule of this service was broken.
    public static let policyViolation: UInt16 = 1008
    /// The message is over the size limit.
    public static let messageTooBig: UInt16 = 1009
    /// Something that this service needs doesn't work at the moment, come back.
    public static let tryAgain: UInt16 = 1013
    /// The connection ends without a close frame: this code never travels.
    public static let connectionClosed: UInt16 = 3000
    /// The server shuts down, come back.
    public static let shutdown: UInt16 = 3001
    /// The consumer reads too slowly, come back and recover.
    public static let slow: UInt16 = 3008
    /// The client sends more than it may, and went on after it was told.
    public static let tooManyMessages: UInt16 = 3013

    /// A newer connection of the same participant took the place over.
    public static let replaced: UInt16 = 4000
    /// What a client of a plain WebSocket missed can't be had: it must load its state anew and must not come back with the
    /// same position.
    public static let notRecovered: UInt16 = 4500

    /// Says whether a peer may send `code` in a close frame.
    ///
    /// - Source: RFC 6455 §7.4.1 and §7.4.2; 1012 to 1014 were registered later; 1004, 1005, 1006
    ///   and 1015 must never travel.
    public static func mayTravel(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
