import BatchCore
import Glibc
import Testing

/// Thousands of small worlds with faults, crashes and edited manifests. `OSBATCH_SEEDS=N` runs N of
/// them, `OSBATCH_SEED=S` replays one.
@Suite struct SimulationTests {
  private static let slices = 8

  private static func number(_ name: String) -> UInt64? {
    getenv(name).flatMap { UInt64(String(cString: $0)) }
  }

  @Test(arguments: 0..<slices) func everyInvariantHoldsInEveryWorld(slice: Int) {
    var seeds = Array(0..<(Self.number("OSBATCH_SEEDS") ?? 20_000))
    if let seed = Self.number("OSBATCH_SEED") { seeds = [seed] }
    var violations: [String] = []
    for seed in seeds where Int(seed) % Self.slices == slice && violations.count < 3 {
      if let violation = SimulatedWorld.live(seed: seed) { violations.append(violation) }
    }
    #expect(violations.isEmpty, "replay one with OSBATCH_SEED=…: \(violations)")
  }
}
