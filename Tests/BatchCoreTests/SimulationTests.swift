import BatchCore
import Glibc
import Testing

/// Thousands of small worlds with faults, crashes and edited manifests. `OSBATCH_SEEDS=N` runs N of
/// them, `OSBATCH_SEED=S` replays one, and both together run N from S on.
@Suite struct SimulationTests {
  private static let slices = 8

  private static func number(_ name: String) -> UInt64? {
    getenv(name).flatMap { UInt64(String(cString: $0)) }
  }

  @Test(arguments: 0..<slices) func everyInvariantHoldsInEveryWorld(slice: Int) {
    let first = Self.number("OSBATCH_SEED")
    let count = Self.number("OSBATCH_SEEDS") ?? (first == nil ? 20_000 : 1)
    var violations: [String] = []
    for seed in (first ?? 0)..<(first ?? 0) + count
    where Int(seed) % Self.slices == slice && violations.count < 3 {
      if let violation = SimulatedWorld.live(seed: seed) { violations.append(violation) }
    }
    #expect(violations.isEmpty, "replay one with OSBATCH_SEED=…: \(violations)")
  }
}
