import BatchCore
import Testing

@Suite struct RetryPolicyTests {
  @Test func delaysStayWithinTheirGrowingBound() {
    var policy = RetryPolicy(seed: 7)
    for attempt in 1...40 {
      let bound = min(20_000, 200 << min(attempt - 1, 16))
      for _ in 0..<50 {
        #expect((0...bound).contains(policy.delay(afterAttempt: attempt, requested: nil)))
      }
    }
  }

  @Test func jitterUsesTheWholeRange() {
    var policy = RetryPolicy(seed: 7)
    let delays = (0..<400).map { _ in policy.delay(afterAttempt: 7, requested: nil) }
    #expect((delays.min() ?? .max) < 1_000)
    #expect((delays.max() ?? 0) > 11_000)
  }

  @Test func theServicesWishIsALowerBoundUpToALimit() {
    var policy = RetryPolicy(seed: 7)
    for _ in 0..<100 {
      #expect(policy.delay(afterAttempt: 1, requested: 3_000) >= 3_000)
      #expect(policy.delay(afterAttempt: 1, requested: .max) <= 300_200)
    }
  }

  @Test func theSameSeedGivesTheSameDelays() {
    var first = RetryPolicy(seed: 99)
    var second = RetryPolicy(seed: 99)
    for attempt in 1...20 {
      #expect(
        first.delay(afterAttempt: attempt, requested: nil)
          == second.delay(afterAttempt: attempt, requested: nil))
    }
  }
}
