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

  package func run() throws(StartError) -> Report {
    let endpoints = try RunSession.endpoints(manifest, options.environment)
    var facts = RunFacts()
    let journal = try RunSession.openJournal(options, &facts)
    let inbox = Inbox<StoreEvent>()
    let store = StoreWriter(journal) { inbox.post($0) }
    var report = Report()
    do throws(StartError) {
      try sweep(Array(facts.open), endpoints, store, &report)
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

  private func sweep(
    _ open: [(key: EntryIdentity, value: OpenFact)], _ endpoints: [Endpoint],
    _ store: StoreWriter, _ report: inout Report
  ) throws(StartError) {
    let requests = open.indices.compactMap { index -> RequestSweep.Request? in
      request(open[index], index, endpoints, &report)
    }
    var remaining = [Int](repeating: 1, count: open.count)
    guard !requests.isEmpty else { return }
    let wire = try Wire(
      manifest, endpoints: endpoints, directory: options.stateDirectory,
      provider: CredentialsProvider(environment: options.environment))
    try RequestSweep.run(requests, wire: wire, manifest, options) { answer in
      let subject = answer.request.subject
      let (identity, fact) = open[subject]
      if case .failure(let failure) = answer.result {
        report.failures.append("\(fact.intent.key): \(failure.message)")
        return []
      }
      let further = follow(answer, fact, &report)
      remaining[subject] += further.count - 1
      if remaining[subject] == 0 {
        store.post(.append(.closed(identity)))
        store.post(.removeCheckpoint(identity))
      }
      return further
    }
  }

  /// The target must be the very one: elsewhere the upload would be unknown, and count as gone.
  private func request(
    _ open: (key: EntryIdentity, value: OpenFact), _ index: Int, _ endpoints: [Endpoint],
    _ report: inout Report
  ) -> RequestSweep.Request? {
    let (identity, fact) = open
    let intent = fact.intent
    guard
      let target = endpoints.indices.first(where: {
        EntryIdentity(realm: endpoints[$0].realm, bucket: endpoints[$0].bucket, key: intent.key)
          == identity
      })
    else {
      report.failures.append(
        "\(intent.key): no target of the manifest is the bucket \(intent.bucket) that it was begun "
          + "in: put that target back to abort its upload")
      return nil
    }
    let operation: Operation =
      fact.uploadID.map { .abortMultipartUpload(uploadID: $0) }
      ?? .listMultipartUploads(marker: nil)
    return RequestSweep.Request(operation, target: target, key: intent.key, subject: index)
  }

  /// What an answer makes necessary: strays that were listed are aborted, long listings read on.
  private func follow(
    _ answer: RequestSweep.Answer, _ fact: OpenFact, _ report: inout Report
  ) -> [RequestSweep.Request] {
    guard case .success(.uploads(let page)) = answer.result else {
      report.aborted += 1
      return []
    }
    let strays = page.strays(
      of: fact.intent.key, since: fact.intent.time + answer.serviceOffset)
    var operations = strays.map { Operation.abortMultipartUpload(uploadID: $0) }
    if let next = page.next, next.key == fact.intent.key {
      operations.append(.listMultipartUploads(marker: next))
    }
    let request = answer.request
    return operations.map {
      RequestSweep.Request(
        $0, target: request.target, key: request.key, subject: request.subject)
    }
  }
}
