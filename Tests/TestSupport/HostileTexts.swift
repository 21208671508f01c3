/// Texts that are harmless as long as nobody takes them for a part of a statement, a command, a header or a page.
package enum HostileTexts {
    /// SQL, RESP, HTTP, paths, formats, and characters that end strings elsewhere.
    package static let all = [
        "'; DROP TABLE journal; --", "\" OR \"\"=\"", "x'00' UNION SELECT body FROM journal", "%s%n%d{0}",
        "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n", "-ERR nothing\r\n", "$-1\r\n", "a\r\nSet-Cookie: injected=1",
        "\r\n\r\nHTTP/1.1 200 OK\r\nX-Injected: 1\r\n\r\n", "a\nid: 9\n\ndata: forged", "a\u{0}b", "\u{0}", "\u{1B}[2J",
        "../../etc/passwd", "{{7*7}}${7*7}", "<script>alert(1)</script>", "\\\"}]}", "\u{2028}\u{2029}\u{FEFF}",
        "\u{10FFFF}",
        "KEYS[1]", "EVAL'return 1'", "'||pg_sleep(9)||'",
    ]
}
