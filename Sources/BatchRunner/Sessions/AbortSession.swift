package import BatchCore
internal import CurlTransport
internal import OSSProtocol
internal import Platform
internal import RunStore

/// Removes the multipart uploads that this journal owns, and only those: known ids are aborted; where
/// an upload may have begun without its id coming back, uploads of exactly that key that are no older
/// than the intent are aborted.
package struct AbortSession {
  package struct Report: Sendable {
    /// Uploads that are gone now.
    package var aborted = 0
    /// One sentence for each that could not be removed.
    package var failures: [String] = []
  }

  private let manifest: Manifest
  private let options: RunOptions

  package init(_ manifest: Manifest, _ options: RunOptions) {
    self.manifest = manifest
    self.options = options
  }

  /// `warn` is told what the user should know besides.
  package func run(warn: (String) -> Void) throws(StartError) -> Report {
    let access = try ServiceAccess(manifest, options)
    var facts = RunFacts()
    var rebuilt: Journal.Rebuilt?
    let journal = try RunSession.openJournal(options, &facts, &rebuilt)
    let inbox = Inbox<StoreEvent>()
    let store = StoreWriter(journal) { inbox.post($0) }
    var report = Report()
    do throws(StartError) {
      try sweep(uploads(facts, access.endpoints, &report), access, store, &report, warn)
    } catch {
      store.close()
      throw error
    }
    store.close()
    var events: [StoreEvent] = []
    inbox.take(into: &events)
    for case .failed(let error) in events { throw StartError(error) }
    return report
  }

  /// An upload that is ours, and where it is.
  private struct Upload {
    var identity: EntryIdentity
    var target: Int
    var key: String
    /// nil: Initiate may have been sent at `time`, the id never came.
    var uploadID: String?
    var time: Int64 = 0
  }

  /// The target must be the very one: elsewhere the upload would be unknown, and count as gone.
  private func uploads(
    _ facts: RunFacts, _ endpoints: [Endpoint], _ report: inout Report
  ) -> [Upload] {
    var uploads: [Upload] = []
    for (identity, fact) in facts.open {
      let intent = fact.intent
      let target = endpoints.indices.first {
        EntryIdentity(realm: endpoints[$0].realm, bucket: endpoints[$0].bucket, key: intent.key)
          == identity
      }
      guard let target else {
        report.failures.append(
          "\(intent.key): no target of the manifest is the bucket \(intent.bucket) that it was "
            + "begun in: put that target back to abort its upload")
        continue
      }
      uploads.append(
        Upload(
          identity: identity, target: target, key: intent.key, uploadID: fact.uploadID,
          time: intent.time))
    }
    return uploads + orphans(facts, endpoints, &report)
  }

  /// Of an orphan only the identity and the id are known: its entry names the key.
  private func orphans(
    _ facts: RunFacts, _ endpoints: [Endpoint], _ report: inout Report
  ) -> [Upload] {
    guard !facts.orphans.isEmpty else { return [] }
    var uploads: [Upload] = []
    var rest = facts.orphans
    for index in manifest.entries.indices where !rest.isEmpty {
      let entry = EntryIndex(index)
      let identity = ServiceAccess.identity(entry, manifest, endpoints)
      for uploadID in rest.removeValue(forKey: identity) ?? [] {
        uploads.append(
          Upload(
            identity: identity, target: manifest.entries.target(entry),
            key: manifest.entries.key(entry), uploadID: uploadID))
      }
    }
    for uploadID in rest.values.joined() {
      report.failures.append(
        "upload id \(uploadID): its records were lost, and no entry of the manifest belongs to it: "
          + "put that entry back to abort it")
    }
    return uploads
  }

  private func sweep(
    _ uploads: [Upload], _ access: ServiceAccess, _ store: StoreWriter, _ report: inout Report,
    _ warn: (String) -> Void
  ) throws(StartError) {
    let requests = uploads.indices.map { index in
      RequestSweep.Request(
        uploads[index].uploadID.map { .abortMultipartUpload(uploadID: $0) }
          ?? .listMultipartUploads(marker: nil),
        target: uploads[index].target, key: uploads[index].key, subject: index)
    }
    var listedAgain: Set<Int> = []
    var remaining: [EntryIdentity: Int] = [:]
    for upload in uploads { remaining[upload.identity, default: 0] += 1 }
    try access.sweep(requests, warn: warn) { answer in
      let upload = uploads[answer.request.subject]
      if case .failure(let failure) = answer.result {
        report.failures.append("\(upload.key): \(failure.message)")
        return []
      }
      if case .success(.uploads(let page)) = answer.result,
        page.isVague(of: upload.key, since: upload.time),
        listedAgain.insert(answer.request.subject).inserted
      {
        return [requests[answer.request.subject]]
      }
      let further = follow(answer, upload, &report, warn)
      remaining[upload.identity, default: 0] += further.count - 1
      if remaining[upload.identity] == 0 {
        store.post(.append(.closed(upload.identity)))
        store.post(.removeCheckpoint(upload.identity))
      }
      return further
    }
  }

  /// What an answer makes necessary: strays that were listed are aborted, long listings read on.
  private func follow(
    _ answer: RequestSweep.Answer, _ upload: Upload, _ report: inout Report,
    _ warn: (String) -> Void
  ) -> [RequestSweep.Request] {
    guard case .success(.uploads(let page)) = answer.result else {
      report.aborted += 1
      return []
    }
    let strays = page.strays(of: upload.key, since: upload.time)
    for warning in page.warnings(ofDoubtful: upload.key, since: upload.time) {
      warn("\(upload.key): \(warning)")
    }
    var operations = strays.map { Operation.abortMultipartUpload(uploadID: $0) }
    if let next = page.next, ExactText(next.key) == ExactText(upload.key) {
      operations.append(.listMultipartUploads(marker: next))
    }
    let request = answer.request
    return operations.map {
      RequestSweep.Request(
        $0, target: request.target, key: request.key, subject: request.subject)
    }
  }
}
