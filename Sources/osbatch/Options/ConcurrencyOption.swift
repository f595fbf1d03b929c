internal import BatchCore

/// The budget of requests, for every command that makes some.
struct ConcurrencyOption: ParsableArguments {
  @Option(
    name: [.customShort("j"), .long],
    help: "Requests in flight, and connections, at most. Default: the manifest's concurrency.")
  var concurrency: Int?

  func validate() throws(ValidationError) {
    guard let concurrency, !(1...Manifest.maximumConcurrency).contains(concurrency) else { return }
    throw ValidationError(
      "--concurrency is \(concurrency), but it must be from 1 to \(Manifest.maximumConcurrency)")
  }
}
