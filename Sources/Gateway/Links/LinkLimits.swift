/// Bounds of permanent links and of what browsers keep for them.
enum LinkLimits {
    /// Characters of a teacher's code, counted as browsers count them: in UTF-16 units.
    static let codeLength = 6...100
    /// Characters of an activity's name.
    static let activityLength = 1...64
    /// Options of one link.
    static let optionsMax = 32
    /// Characters of an option's name.
    static let optionNameLength = 1...64
    /// Bytes of an option's value.
    static let optionValueBytesMax = 512
    /// Bytes of all options of a link as percent-encoded JSON, which is never shorter than they are in its URL: whatever was
    /// accepted fits into an address bar, and one link always fits into the cookie.
    static let optionsBytesMax = 3072
    /// Links that one browser keeps; a further one makes it forget the oldest.
    static let cookieEntriesMax = 20
    /// Bytes of the cookie, percent-encoded; over it the oldest links are forgotten. Browsers drop cookies over 4,096.
    static let cookieBytesMax = 3600
    /// Bytes of a cookie that is read at all.
    static let cookieReadBytesMax = 8192
    /// How long a browser stays a teacher's, in seconds: one year.
    static let cookieLifeSeconds: Int64 = 365 * 86_400
    /// Bytes of what a student brings along through a waiting room.
    static let valuesBytesMax = 8192
    /// Characters of a hand-over token that is looked up.
    static let tokenLength = 1...128
}
