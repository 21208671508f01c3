import Testing

@testable import anteroom

/// Claim: the report counts every skipped key by its reason and names the first ones.
@Suite struct ImportReportTests {
    @Test func report_ofARun_hasAllCounts() {
        var report = ImportReport()
        report.find(6)
        report.importSession()
        report.importLink()
        report.importLink()
        report.meetExisting()
        report.skip("session:x", .notJSON)
        report.skip("session:y", .expired)
        report.skip("session:z", .notJSON)
        #expect(
            report.lines == [
                "imported       1 session, 2 links", "already there  1", "skipped        3", "  2 × not JSON",
                "  1 × expired before it was read", "skipped keys", "  session:x: not JSON",
                "  session:y: expired before it was read", "  session:z: not JSON",
            ])
        #expect(report.progress == "6 keys found, 3 imported, 1 already there, 3 skipped")
        #expect(report.hasRead && report.refused == 0)
    }

    @Test func report_ofManySkippedKeys_namesTwenty() {
        var report = ImportReport()
        for number in 0..<25 { report.skip("session:\(number)", .notAString) }
        #expect(report.listed.count == 20 && report.lines.last == "  … and 5 more")
        #expect(report.reasons == [.notAString: 25] && !report.hasRead)
    }

    @Test func report_ofEndlesslyManyReasons_staysSmall() {
        var report = ImportReport()
        for number in 0..<1_000 { report.skip("session:\(number)", .refused("reason \(number)")) }
        #expect(report.reasons.count == ImportReport.reasonsMax && report.skipped == 1_000 && report.refused == 1_000)
    }

    @Test func key_withControlCharacters_isShownWithoutThem() {
        #expect(ImportReport.shown("session:\u{1B}[2Ja\n\u{9B}b") == "session:\u{FFFD}[2Ja\u{FFFD}\u{FFFD}b")
        #expect(ImportReport.shown(String(repeating: "k", count: 100)) == String(repeating: "k", count: 80) + "…")
    }
}
