import Store
import Testing

@testable import Gateway

@Suite struct ExpositionTests {
    @Test func families_areWrittenAsPrometheusReadsThem() {
        var out = Exposition()
        out.counter("a_total", "How\nmany \\ there were.", 3)
        out.family("b", .gauge, "Which.")
        out.sample("b", of: [("name", "a \"quoted\" \\ \n line"), ("other", "x")], 0.25)
        #expect(
            out.text == """
                # HELP a_total How\\nmany \\\\ there were.
                # TYPE a_total counter
                a_total 3
                # HELP b Which.
                # TYPE b gauge
                b{name="a \\"quoted\\" \\\\ \\n line",other="x"} 0.25

                """)
    }

    @Test func histogram_countsFromBelow() {
        var histogram = Histogram(bounds: [0.5, 2])
        for value in [0.25, 0.5, 1, 7] { histogram.record(value) }
        var out = Exposition()
        out.histogram("h", of: [("x", "y")], histogram)
        #expect(
            out.text == """
                h_bucket{x="y",le="0.5"} 2
                h_bucket{x="y",le="2"} 3
                h_bucket{x="y",le="+Inf"} 4
                h_sum{x="y"} 8.75
                h_count{x="y"} 4

                """)
    }

    @Test(arguments: [(0.0, "0"), (1_500_000, "1500000"), (0.1, "0.1"), (.infinity, "+Inf"), (-.infinity, "-Inf")])
    func numbers_keepTheirValue(_ value: Double, _ text: String) {
        var out = Exposition()
        out.sample("n", value)
        #expect(out.text == "n \(text)\n")
    }

    @Test func sums_ofSeveralLoops() {
        var (one, other) = (LoopTally(), LoopTally())
        one.failed(103, on: .client)
        other.failed(103, on: .client)
        other.closed(3001, on: .waiting)
        (one.deliveries, other.deliveries) = (2, 5)
        other.lag.record(0.001)
        one.add(other)
        #expect(one.errors == [LoopTally.Code(surface: .client, number: 103): 2])
        #expect(one.closes == [LoopTally.Code(surface: .waiting, number: 3001): 1])
        #expect(one.deliveries == 7 && one.lag.count == 1)
    }
}
