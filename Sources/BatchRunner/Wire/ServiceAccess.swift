internal import BatchCore
internal import CurlTransport
internal import OSSProtocol
internal import Platform
internal import RunStore

/// The way from a manifest to its services, the same for every command that makes requests: where the
/// targets are, who signs, and the connections.
struct ServiceAccess {
  let endpoints: [Endpoint]
  private let manifest: Manifest
  private let options: RunOptions

  init(_ manifest: Manifest, _ options: RunOptions) throws(StartError) {
    self.manifest = manifest
    self.options = options
    endpoints = try Self.endpoints(manifest, options.environment)
  }

  /// What turns operations into signed requests; the credentials are read now.
  func wire() throws(StartError) -> Wire {
    try Wire(
      manifest, endpoints: endpoints, directory: options.stateDirectory,
      provider: CredentialsProvider(environment: options.environment))
  }

  /// A pool of at most `connections`; `completed` is called on its threads.
  func transport(
    connections: Int, completed: @escaping @Sendable (inout [HTTPCompletion]) -> Void
  ) throws(StartError) -> HTTPTransport {
    let settings = TransportSettings(
      connections: connections, userAgent: "osbatch/\(options.version)")
    let profiles = try Wire.profiles(manifest)
    do throws(SystemError) {
      return try HTTPTransport(settings, profiles: profiles, sink: completed)
    } catch {
      throw StartError(error.description)
    }
  }

  /// Sends many independent requests, and calls `answered` with the final answer of each, which may
  /// ask for more. A failure that is fatal for all ends it.
  func sweep(
    _ requests: [RequestSweep.Request],
    _ answered: (RequestSweep.Answer) -> [RequestSweep.Request]
  ) throws(StartError) {
    guard !requests.isEmpty else { return }
    let connections = options.concurrency ?? manifest.concurrency
    let inbox = Inbox<HTTPCompletion>()
    let sweep = RequestSweep(
      requests, wire: try wire(), concurrency: connections, inbox: inbox,
      transport: try transport(connections: connections) { inbox.post(draining: &$0) })
    do throws(Failure) {
      try sweep.run(answered)
    } catch {
      throw StartError(
        error.message, code: error.kind == .unreachable ? .cannotStart : .stopped)
    }
  }

  /// The targets as they can be reached.
  static func endpoints(
    _ manifest: Manifest, _ environment: [String: String]
  ) throws(StartError) -> [Endpoint] {
    var endpoints: [Endpoint] = []
    for target in manifest.targets {
      do throws(EndpointError) {
        endpoints.append(try Endpoint(target, environment: { environment[$0] }))
      } catch {
        let name = target.name.isEmpty ? "target" : "target \(target.name)"
        throw StartError(
          "\(name) (line \(target.line)): \(error)\(source(of: target, environment))")
      }
    }
    try refuseSharedKeys(manifest, endpoints)
    return endpoints
  }

  /// What an endpoint or region that is not in the manifest comes from, since it cannot be seen there.
  private static func source(of target: Target, _ environment: [String: String]) -> String {
    let variables = [("OSS_ENDPOINT", target.endpoint), ("OSS_REGION", target.region)]
    let used = variables.filter { $0.1 == nil && !(environment[$0.0] ?? "").isEmpty }.map(\.0)
    return used.isEmpty
      ? "" : " (\(used.joined(separator: " and ")) of the environment counts here)"
  }

  /// Two names may stand for one bucket (its public and its internal endpoint): then two entries may
  /// stand for one object, which only the endpoints tell.
  private static func refuseSharedKeys(
    _ manifest: Manifest, _ endpoints: [Endpoint]
  ) throws(StartError) {
    let buckets = endpoints.map { "\($0.realm)/\($0.bucket)" }
    guard Set(buckets).count < buckets.count else { return }
    var lines: [String: Int] = [:]
    for index in manifest.entries.indices {
      let entry = manifest.entries[EntryIndex(index)]
      let object = "\(buckets[entry.target])/\(entry.key)"
      if let line = lines.updateValue(entry.line, forKey: object) {
        throw StartError(
          "the entries of lines \(line) and \(entry.line) are the same object: their targets are "
            + "the same bucket: remove one of them", code: .manifestInvalid)
      }
    }
  }

  /// What an entry is, whatever its settings.
  static func identity(
    _ entry: EntryIndex, _ manifest: Manifest, _ endpoints: [Endpoint]
  ) -> EntryIdentity {
    let target = manifest.entries.target(entry)
    return EntryIdentity(
      realm: endpoints[target].realm, bucket: manifest.targets[target].bucket,
      key: manifest.entries.key(entry))
  }
}
