import Testing

@Suite struct SourceTextTests {
    @Test(arguments: [
        ("a // b", "a"), ("a /* b /* c */ d */ e", "a                   e"), (#"a("b")"#, #"a(" ")"#),
        (#"a("\"b")c"#, #"a("   ")c"#),
        (#"a("\(b(c))d")"#, #"a("  b(c)  ")"#), (##"a(#"b"c"#)"##, ##"a(#"   "#)"##), (#"a("", b)"#, #"a("", b)"#),
        ("#if a", "#if a"), ("a(\"\"\"\nb \"c\"\n\"\"\")", "a(\"\"\"\n\n\"\"\")"),
    ])
    func code_isFreeOfCommentsAndLiterals(_ text: String, _ code: String) {
        let lines = SourceText(text).code.map { line in
            String(line.reversed().drop { $0 == " " }.reversed())
        }
        #expect(lines.joined(separator: "\n") == code)
    }

    @Test func views_keepTheLines() {
        let text = "/* a\n b */ c\n\"\"\"\nd\n\"\"\"\n// e\nf\n"
        let views = SourceText(text)
        #expect(views.code.count == 7)
        #expect(views.comments.count == 7)
        #expect(views.code[1].hasSuffix(" c"))
        #expect(views.comments[0] == "/* a")
        #expect(views.comments[5] == "// e")
        #expect(views.code[6] == "f")
    }
}
