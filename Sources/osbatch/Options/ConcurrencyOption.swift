internal import BatchCore

/// The budget of requests, for every command that makes some.
struct ConcurrencyOption: ParsableArguments {
  var concurrency: Int?

  mutating func declare(in grammar: inout Grammar) {
    grammar.option(
      "concurrency", short: "j", &concurrency,
      help: "Requests in flight, and connections, at most. Default: the manifest's concurrency.")
  }

  func validate() throws(ValidationError) {
    guard let concurrency, !(1...Manifest.maximumConcurrency).contains(concurrency) else { return }
    throw ValidationError(
      "--concurrency is \(concurrency), but it must be from 1 to \(Manifest.maximumConcurrency)")
  }
}
