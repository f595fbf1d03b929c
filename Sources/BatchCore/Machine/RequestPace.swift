/// What is asked of a service: how many requests at once, and where these are few how far apart.
struct RequestPace: Sendable {
  /// Requests in flight, 1 … the budget.
  var limit: Int
  /// Slots that the next round of answers without a throttled one adds.
  var step: Int
  /// nil: a request goes as soon as there is a slot.
  var spacing: RequestSpacing?
  /// The slots alone were not carried as well.
  var trustsSpacing = false

  /// More is asked by this pace than by the other.
  func isMore(than other: RequestPace) -> Bool {
    (limit, -(spacing?.spacing ?? 0)) > (other.limit, -(other.spacing?.spacing ?? 0))
  }

  /// Twice as much, at most `budget` at once.
  func doubled(budget: Int) -> RequestPace {
    var pace = self
    pace.limit = min(budget, 2 * limit)
    pace.spacing?.halve()
    return pace
  }
}
