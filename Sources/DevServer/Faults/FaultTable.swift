internal import Platform

/// The faults that are switched on, in the order they were given.
final class FaultTable: Sendable {
  private let faults = Lock<[Fault]>([])

  /// Adds one fault per line (empty lines and `#` comments are skipped), all of them or none.
  func add(_ text: String) throws(FaultSyntaxError) -> Int {
    var added: [Fault] = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      let line = line.drop { $0 == " " || $0 == "\t" }
      if line.isEmpty || line.hasPrefix("#") || line == "\r" { continue }
      added.append(try FaultParser.parse(line, number: index + 1))
    }
    let new = added
    faults.withLock { $0 += new }
    return new.count
  }

  func clear() { faults.withLock { $0 = [] } }

  /// One line per fault: how many requests it has met, and its text.
  var listing: String {
    faults.withLock { $0.map { "\($0.hits)\t\($0.text)\n" }.joined() }
  }

  /// Every fault that matches and strikes takes part: delays and skews add up, and the first with an
  /// outcome decides the outcome; the later ones with an outcome are left for later requests.
  func plan(_ operation: Operation, _ key: ObjectKey?, partNumber: Int?) -> FaultPlan {
    faults.withLock { faults in
      var plan = FaultPlan()
      for index in faults.indices {
        guard faults[index].matches(operation, key, partNumber: partNumber),
          plan.outcome == nil || faults[index].outcome == nil, faults[index].strikes()
        else { continue }
        plan.delayMilliseconds += faults[index].delayMilliseconds
        plan.skewSeconds += faults[index].skewSeconds
        plan.outcome = plan.outcome ?? faults[index].outcome
      }
      return plan
    }
  }
}
