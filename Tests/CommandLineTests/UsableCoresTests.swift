import Testing

@testable import anteroom

@Suite struct UsableCoresTests {
    @Test(arguments: [
        ("Name:\tx\nCpus_allowed:\t3\nCpus_allowed_list:\t0-1\n", 2),
        ("Cpus_allowed:\tffffffff,00000001\n", 33),
        ("Cpus_allowed:\t0000,00000010\n", 1),
    ]) func cores_ofAMask_areItsBits(status: String, expected: Int) {
        #expect(UsableCores.allowed(inStatus: status) == expected)
    }

    @Test(arguments: ["", "Cpus_allowed:\n", "Cpus_allowed:\t0\n"]) func cores_withoutAMask_areUnknown(status: String) {
        #expect(UsableCores.allowed(inStatus: status) == nil)
    }

    @Test func cores_ofThisProcess_areAtLeastOne() { #expect(UsableCores.count >= 1) }
}
