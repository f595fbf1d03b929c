internal import BatchCore

/// The budget of requests, for every command that makes some.
struct ConcurrencyOption: ParsableArguments {
  private var requests: ConcurrencyArgument?

  var concurrency: Int? { requests?.count }

  mutating func declare(in grammar: inout Grammar) {
    grammar.option(
      "concurrency", short: "j", &requests,
      help: "Requests in flight, and connections, at most. Default: the manifest's concurrency.")
  }
}

private struct ConcurrencyArgument: ExpressibleByArgument {
  static var argumentDescription: String {
    "a whole number from 1 to \(Manifest.maximumConcurrency)"
  }

  var count: Int

  init?(argument: String) {
    guard let count = Int(argument), (1...Manifest.maximumConcurrency).contains(count) else {
      return nil
    }
    self.count = count
  }
}
