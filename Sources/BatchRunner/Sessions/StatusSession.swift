package import BatchCore
internal import OSSProtocol
internal import RunStore

/// What is on record about a manifest's entries. It reads the journal without the lock, so a run may
/// be going on.
package struct StatusSession: Sendable {
  package enum EntryState: Sendable, Equatable {
    case done(verified: Bool)
    /// The reason of its last failure.
    case failed(String)
    /// A multipart upload is open; `parts` of it are recorded as stored.
    case open(parts: Int)
    case pending
  }

  /// The run that holds the state now, in words; nil when none does.
  package let owner: String?
  package let run: RunStart?
  /// How the newest run ended; nil while it goes on, or when it was killed.
  package let exitCode: Int?
  private let manifest: Manifest
  private let directory: RunDirectory
  private let facts: RunFacts
  private let endpoints: [Endpoint]

  package init(_ manifest: Manifest, _ options: RunOptions) throws(StartError) {
    self.manifest = manifest
    directory = options.stateDirectory
    endpoints = try RunSession.endpoints(manifest, options.environment)
    do throws(StoreError) {
      facts = try Journal.facts(in: directory)
      let owner = try RunLockOwner.read(in: directory)
      self.owner = owner.flatMap { $0.isAlive == false ? nil : $0.description }
    } catch {
      throw StartError(error)
    }
    run = facts.run
    exitCode = facts.exitCode
  }

  package func state(of entry: EntryIndex) -> EntryState {
    let target = manifest.entries.target(entry)
    let identity = EntryIdentity(
      realm: endpoints[target].realm, bucket: manifest.targets[target].bucket,
      key: manifest.entries.key(entry))
    if let open = facts.open[identity] {
      guard let uploadID = open.uploadID else { return .open(parts: 0) }
      return .open(parts: Checkpoint.load(in: directory, identity, uploadID: uploadID).count)
    }
    if let message = facts.failures[identity] { return .failed(message) }
    if let done = facts.done(identity) { return .done(verified: done.verified) }
    return .pending
  }
}
