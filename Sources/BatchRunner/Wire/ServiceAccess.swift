internal import BatchCore
internal import CredentialSources
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
    endpoints = try Self.endpoints(manifest, options)
  }

  /// The credentials to begin with, and where newer ones come from.
  func lease() throws(StartError) -> CredentialLease {
    do throws(NoCredentials) {
      return try CredentialChain(environment: options.environment, profile: options.profile).lease()
    } catch {
      throw StartError(error.description)
    }
  }

  /// What turns operations into signed requests.
  func wire(_ lease: CredentialLease) -> Wire {
    Wire(
      manifest, endpoints: endpoints, directory: options.stateDirectory,
      credentials: lease.credentials)
  }

  /// A pool of at most `connections`; `completed` is called on its threads.
  func transport(
    connections: Int, completed: @escaping @Sendable (inout [HTTPCompletion]) -> Void
  ) throws(StartError) -> HTTPTransport {
    var settings = TransportSettings(
      connections: connections, userAgent: "osbatch/\(options.version)")
    if let limit = options.stallLimit { settings.stallLimit = limit }
    let profiles = try Wire.profiles(manifest)
    do throws(SystemError) {
      return try HTTPTransport(settings, profiles: profiles, sink: completed)
    } catch {
      throw StartError(error.description)
    }
  }

  /// Sends many independent requests, and calls `answered` with the final answer of each, which may
  /// ask for more. A failure that is fatal for all ends it. `warn` is told what the user should know
  /// of the credentials, which nobody needs without requests.
  func sweep(
    _ requests: [RequestSweep.Request], warn: (String) -> Void,
    _ answered: (RequestSweep.Answer) -> [RequestSweep.Request]
  ) throws(StartError) {
    guard !requests.isEmpty else { return }
    let connections = options.concurrency ?? manifest.concurrency
    let preparation = RequestPreparation.begin(for: endpoints)
    defer { preparation?.join() }
    let lease = try lease()
    for warning in lease.warnings { warn(warning) }
    let inbox = Inbox<HTTPCompletion>()
    let sweep = RequestSweep(
      requests, wire: wire(lease), lease: lease, concurrency: connections, inbox: inbox,
      transport: try transport(connections: connections) { inbox.post(draining: &$0) })
    do throws(Failure) {
      try sweep.run(answered)
    } catch {
      let wasReached = error.kind != .unreachable && error.kind != .misconfigured
      throw StartError(error.message, code: wasReached ? .stopped : .cannotStart)
    }
  }

  /// The targets as they can be reached.
  static func endpoints(
    _ manifest: Manifest, _ options: RunOptions
  ) throws(StartError) -> [Endpoint] {
    var endpoints: [Endpoint] = []
    for target in manifest.targets {
      let resolved = try endpoint(target, options)
      do throws(EndpointError) {
        endpoints.append(try resolved.get())
      } catch {
        let name = target.name.isEmpty ? "target" : "target \(target.name)"
        let source = source(of: target, options.environment)
        throw StartError("\(name) (line \(target.line)): \(error)\(source)")
      }
    }
    try refuseSharedKeys(manifest, endpoints)
    return endpoints
  }

  /// The profile is read only for a target that the manifest and the environment leave open.
  private static func endpoint(
    _ target: Target, _ options: RunOptions
  ) throws(StartError) -> Result<Endpoint, EndpointError> {
    let first = resolve(target, options, EndpointDefaults())
    guard case .failure(let error) = first, error.isOpen else { return first }
    let source = ProfileSource(environment: options.environment, profile: options.profile)
    let defaults: EndpointDefaults
    do throws(CredentialProblem) {
      defaults = try source.endpointDefaults()
    } catch {
      throw StartError("\(source.name): \(error.message)")
    }
    return resolve(target, options, defaults)
  }

  private static func resolve(
    _ target: Target, _ options: RunOptions, _ defaults: EndpointDefaults
  ) -> Result<Endpoint, EndpointError> {
    do throws(EndpointError) {
      return .success(
        try Endpoint(target, defaults: defaults, environment: { options.environment[$0] }))
    } catch {
      return .failure(error)
    }
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
    var lines: [ExactText: Int] = [:]
    for index in manifest.entries.indices {
      let entry = manifest.entries[EntryIndex(index)]
      let object = ExactText("\(buckets[entry.target])/\(entry.key)")
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

extension EndpointError {
  /// Something was not said, rather than said wrongly.
  fileprivate var isOpen: Bool {
    switch self {
    case .missing, .regionUnknown: true
    default: false
    }
  }
}
