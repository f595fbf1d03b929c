package import BatchCore
internal import OSSProtocol
internal import RunStore

/// What is on record about a manifest's entries. It reads the journal without the lock, so a run may
/// be going on.
package struct StatusSession: Sendable {
  package enum EntryState: Sendable, Equatable {
    case done(verified: Bool)
    /// The reason of its last failure; an upload of it may be open.
    case failed(String)
    /// Another object is there, somebody else's or an older one of ours, and `overwrite: never`.
    case exists
    /// A multipart upload is open; `parts` of it are recorded as stored.
    case open(parts: Int)
    case pending
  }

  /// The run that holds the state now, in words; nil when none does, or none but this process's own, which is not begun or over.
  package let owner: String?
  package let run: RunStart?
  /// How the newest run ended; nil while it goes on, or when it was killed.
  package let exitCode: Int?
  private let manifest: Manifest
  private let directory: RunDirectory
  private let facts: RunFacts
  private let endpoints: [Endpoint]
  package let selection: Selection
  /// Why entries will not be run before others are put right.
  private var blocked: [EntryIndex: String] = [:]

  package init(_ manifest: Manifest, _ options: RunOptions) throws(StartError) {
    self.manifest = manifest
    directory = options.stateDirectory
    endpoints = try ServiceAccess.endpoints(manifest, options)
    do throws(StoreError) {
      facts = try Journal.facts(in: directory)
      let owner = try RunLockOwner.read(in: directory)
      self.owner = owner.flatMap { $0.mayRun ? $0.description : nil }
    } catch {
      throw StartError(error)
    }
    run = facts.run
    exitCode = facts.exitCode
    selection = try options.selection(of: manifest, endpoints, facts)
    findBlocked()
  }

  /// Why a pending entry will not be run as things stand: something that it needs has failed.
  package func obstacle(of entry: EntryIndex) -> String? { blocked[entry] }

  private mutating func findBlocked() {
    var dependencies = Dependencies(manifest.entries, .everything)
    guard !dependencies.isEmpty, !facts.failures.isEmpty else { return }
    for row in manifest.entries.indices {
      let entry = EntryIndex(row)
      guard facts.failures[ServiceAccess.identity(entry, manifest, endpoints)] != nil else {
        continue
      }
      for other in dependencies.failed(entry, .failed) {
        blocked[other.entry] = other.reason(manifest.entries)
      }
    }
  }

  package struct Entry: Sendable {
    package var state: EntryState
    /// Why it is sent, or sent again; of a done entry only when the newest run sent it again.
    package var reason: SendReason?
    /// What is on record as done.
    package var done: DoneFact?
    /// A multipart upload that the next run continues, of an entry that failed, too.
    package var upload: OpenUpload?

    package init(
      _ state: EntryState, reason: SendReason? = nil, done: DoneFact? = nil,
      upload: OpenUpload? = nil
    ) {
      self.state = state
      self.reason = reason
      self.done = done
      self.upload = upload
    }
  }

  package struct OpenUpload: Sendable {
    /// Bytes of the source.
    package var size: Int
    /// Parts that are recorded as stored.
    package var parts: Int

    package init(size: Int, parts: Int) {
      self.size = size
      self.parts = parts
    }
  }

  package func entry(_ entry: EntryIndex) -> Entry {
    let identity = ServiceAccess.identity(entry, manifest, endpoints)
    let done = facts.done(identity)
    let upload = facts.open[identity].map {
      OpenUpload(size: $0.intent.fingerprint.size, parts: parts(identity, $0))
    }
    var row = Entry(.pending, reason: facts.reasons[identity], done: done, upload: upload)
    if let message = facts.failures[identity] {
      row.state = .failed(message)
    } else if let upload {
      row.state = .open(parts: upload.parts)
    } else if facts.existing.contains(identity) {
      row.state = .exists
      return row
    } else if let done {
      row.state = .done(verified: done.verified)
      return row
    }
    row.reason = row.reason ?? (done == nil ? .new : nil)
    return row
  }

  private func parts(_ identity: EntryIdentity, _ open: OpenFact) -> Int {
    guard let uploadID = open.uploadID else { return 0 }
    return Checkpoint.load(in: directory, identity, uploadID: uploadID).count
  }
}
