internal import BatchCore
internal import OSSProtocol

extension RunOptions {
  /// The entries that the command is about.
  func selection(
    of manifest: Manifest, _ endpoints: [Endpoint], _ facts: RunFacts
  ) throws(StartError) -> Selection {
    try select(manifest) { entry in
      let identity = ServiceAccess.identity(entry, manifest, endpoints)
      if facts.failures[identity] != nil { return .failed }
      return facts.done(identity) == nil ? .pending : .done
    }
  }
}
