package import BatchCore
internal import Checksum
internal import CredentialSources
internal import CurlTransport
internal import OSSProtocol
internal import Platform
internal import RunStore

/// Compares every done entry with the bucket: its size and checksum by HEAD, and with `full` the local
/// file's content as well.
package struct VerifySession {
  package enum Finding: Sendable, Equatable {
    case same
    /// What differs, in a sentence.
    case different(String)
    /// It could not be found out, and why.
    case unknown(String)
    /// The record is not done: there is nothing to compare.
    case notDone
  }

  private let manifest: Manifest
  private let options: RunOptions
  private let access: ServiceAccess
  private let facts: RunFacts
  private let worker: SourceWorker
  private let selection: Selection

  package init(_ manifest: Manifest, _ options: RunOptions) throws(StartError) {
    self.manifest = manifest
    self.options = options
    access = try ServiceAccess(manifest, options)
    worker = SourceWorker(manifest, endpoints: access.endpoints)
    facts = try Self.facts(options)
    selection = try options.selection(of: manifest, access.endpoints, facts)
  }

  /// Reports a finding for every selected entry, in no particular order. `warn` is told what the user
  /// should know besides.
  package func run(
    full: Bool, warn: (String) -> Void, _ report: @escaping (EntryIndex, Finding) -> Void
  ) throws(StartError) {
    var requests: [RequestSweep.Request] = []
    for index in manifest.entries.indices {
      let entry = EntryIndex(index)
      guard selection.contains(entry) else { continue }
      if fact(entry) == nil {
        report(entry, .notDone)
      } else {
        requests.append(
          RequestSweep.Request(
            .headObject, target: manifest.entries.target(entry), key: manifest.entries.key(entry),
            subject: index))
      }
    }
    var differing: [(entry: EntryIndex, finding: Finding)] = []
    try access.sweep(requests, warn: warn) { answer in
      let entry = EntryIndex(answer.request.subject)
      let finding = finding(entry, answer.result, full: full)
      if case .different = finding {
        differing.append((entry, finding))
      } else {
        report(entry, finding)
      }
      return []
    }
    guard !differing.isEmpty else { return }
    let now = try Self.facts(options)
    for (entry, finding) in differing {
      let isOutdated = now.done(identity(entry)) != facts.done(identity(entry))
      report(
        entry, isOutdated ? .unknown("a run has sent it meanwhile: verify once more") : finding)
    }
  }

  private static func facts(_ options: RunOptions) throws(StartError) -> RunFacts {
    do throws(StoreError) { return try Journal.facts(in: options.stateDirectory) } catch {
      throw StartError(error)
    }
  }

  private func identity(_ entry: EntryIndex) -> EntryIdentity {
    ServiceAccess.identity(entry, manifest, access.endpoints)
  }

  /// What was left as it is, since it may not be overwritten, is not done, whatever was before.
  private func fact(_ entry: EntryIndex) -> DoneFact? {
    let identity = identity(entry)
    return facts.existing.contains(identity) ? nil : facts.done(identity)
  }

  private func finding(
    _ entry: EntryIndex, _ result: Result<Reply, Failure>, full: Bool
  ) -> Finding {
    guard let fact = fact(entry) else { return .notDone }
    switch result {
    case .failure(let failure) where failure.kind == .noSuchKey:
      return .different("the object is not in the bucket")
    case .failure(let failure): return .unknown(failure.message)
    case .success(.object(let object)):
      if let difference = difference(object, fact) { return .different(difference) }
      if object.crc64 == nil { return .unknown("the service gives no checksum of the object") }
      if fact.crc64 == nil { return .unknown("no checksum is on record (checksum: none)") }
      return full ? compareLocal(entry, fact) : .same
    case .success: return .unknown("the service's answer does not belong to HeadObject")
    }
  }

  private func difference(_ object: StoredObject, _ fact: DoneFact) -> String? {
    if object.size != fact.fingerprint.size {
      return "the object has \(object.size) bytes, \(fact.fingerprint.size) were uploaded"
    }
    if let stored = object.crc64, let sent = fact.crc64, stored != sent {
      return "the object has CRC64 \(stored.value), \(sent.value) was uploaded"
    }
    return nil
  }

  private func compareLocal(_ entry: EntryIndex, _ fact: DoneFact) -> Finding {
    do throws(Failure) {
      let source = try worker.inspect(entry).source.get()
      guard source.size == fact.fingerprint.size else {
        return .different("the local file has \(source.size) bytes now")
      }
      let open = try OpenSource(manifest.entries.file(entry), expecting: source)
      let digests = try open.digests(of: [0..<source.size], withMD5: false)
      return digests.first?.crc64 == fact.crc64
        ? .same : .different("the local file's content has changed")
    } catch {
      return .unknown(error.message)
    }
  }
}
