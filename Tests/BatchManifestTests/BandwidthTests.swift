import BatchCore
import BatchManifest
import Testing

@Suite struct ManifestBandwidthTests {
  private func bandwidth(_ text: String) throws -> Bandwidth? {
    let manifest = """
      version: 1
      target: {bucket: backups}
      bandwidth: \(text)
      entries: []
      """
    return try ManifestReader.read(
      bytes: Array(manifest.utf8), path: "m.yaml", in: testContext()
    ).bandwidth
  }

  @Test(arguments: ["1MiB/s", "1MiB", "1048576", "'1MiB/s'"])
  func aRateHoldsAtAllTimes(text: String) throws {
    let bandwidth = try #require(try bandwidth(text))
    #expect((0..<1_440).allSatisfy { bandwidth.rate(minute: $0) == 1 << 20 })
  }

  @Test func withoutOneThereIsNoLimit() throws { #expect(try bandwidth("~") == nil) }

  @Test func aTimetableHoldsFromTheFirstMinuteUntilTheLast() throws {
    let bandwidth = try #require(
      try bandwidth(
        "[{from: 08:00, to: 18:00, rate: 1MiB/s}, {from: '22:30', to: 06:00, rate: 2MiB/s}]"))
    let expected = [
      480: 1 << 20, 1_079: 1 << 20, 1_350: 2 << 20, 1_439: 2 << 20, 0: 2 << 20, 359: 2 << 20,
    ]
    for (minute, rate) in expected { #expect(bandwidth.rate(minute: minute) == rate) }
    for minute in [479, 1_080, 1_349, 360] { #expect(bandwidth.rate(minute: minute) == nil) }
  }

  @Test func aSpanUntilMidnightEndsThere() throws {
    let bandwidth = try bandwidth("[{from: 20:00, to: 24:00, rate: 1MiB/s}]")
    #expect(bandwidth?.rate(minute: 1_439) == 1 << 20)
    #expect(bandwidth?.rate(minute: 0) == nil)
  }

  @Test(arguments: [
    "1KiB/s", "fast", "-1", "[{from: 8:00, to: 18:00, rate: 1MiB}]", "[{from: 25:00}]",
    "[{from: 08:00, to: 24:01, rate: 1MiB}]", "[1MiB/s]", "{rate: 1MiB}", "1MiB/min",
    "[{from: '+1:05', to: 18:00, rate: 1MiB}]", "[{from: 08:00, to: '-0:30', rate: 1MiB}]",
  ])
  func whatIsNoRateIsRefusedWithItsPlace(text: String) throws {
    let errors = #expect(throws: ManifestErrors.self) { try bandwidth(text) }
    #expect(try #require(errors).diagnostics.allSatisfy { $0.place?.line == 3 })
  }
}
