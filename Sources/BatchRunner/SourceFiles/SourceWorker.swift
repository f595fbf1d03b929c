internal import BatchCore
internal import CurlTransport
internal import Digests
internal import Glibc
internal import OSSProtocol
internal import Platform
internal import RunStore

/// What the source threads do. Immutable, so that all of them share one; a growing manifest has
/// another one for each batch of its entries.
final class SourceWorker: Sendable {
  private let manifest: Manifest
  /// By index of settings.
  private let prepared: [PreparedSettings]
  /// By target.
  private let realms: [String]
  /// Absolute, for the digest of relative paths.
  private let workingDirectory: String
  private let mounts: MountTable
  private let cancellation: SourceCancellation

  init(
    _ manifest: Manifest, endpoints: [Endpoint],
    cancellation: SourceCancellation = SourceCancellation()
  ) {
    self.manifest = manifest
    self.cancellation = cancellation
    prepared = manifest.entries.settings.map(PreparedSettings.init)
    realms = endpoints.map(\.realm)
    workingDirectory = AbsolutePath.workingDirectory
    mounts = MountTable()
  }

  /// The same, for more entries.
  init(_ other: SourceWorker, _ entries: EntryTable) {
    var manifest = other.manifest
    manifest.entries = entries
    self.manifest = manifest
    cancellation = other.cancellation
    prepared = other.prepared
    realms = other.realms
    workingDirectory = other.workingDirectory
    mounts = other.mounts
  }

  /// `progress` is told what is read.
  func perform(_ job: SourceJob, _ progress: ReadProgress) -> SourceResult {
    switch job {
    case .inspect(let entry): .inspected(entry, inspect(entry))
    case .hash(let entry, let ranges, let source, let withMD5):
      .hashed(
        entry,
        outcome { () throws(Failure) in
          try OpenSource(
            manifest.entries.file(entry), expecting: source, cancellation: cancellation,
            progress: progress
          )
          .digests(of: ranges, withMD5: withMD5)
        })
    case .prepare(let id, let request, let opened):
      .prepared(id, outcome { () throws(Failure) in try prepare(request, opened, progress) })
    case .read(let id, let request, let opened):
      .read(id, outcome { () throws(Failure) in try read(request, opened, progress) })
    case .confirm(let id, let request):
      .confirmed(
        id,
        outcome { () throws(Failure) in
          try Self.confirm(manifest.entries.file(request.entry), is: request.source)
        })
    }
  }

  /// The answer to a job that is not done.
  func refuse(_ job: SourceJob, _ failure: Failure) -> SourceResult {
    switch job {
    case .inspect(let entry): .inspected(entry, inspected(entry, .failure(failure)))
    case .hash(let entry, _, _, _): .hashed(entry, .failure(failure))
    case .prepare(let id, _, _): .prepared(id, .failure(failure))
    case .read(let id, _, _): .read(id, .failure(failure))
    case .confirm(let id, _): .confirmed(id, .failure(failure))
    }
  }

  /// The file that a job is about.
  func path(_ job: SourceJob) -> String { manifest.entries.file(job.entry) }

  /// The file system that a directory is in, as far as its name tells.
  func device(ofDirectory directory: [UInt8]) -> MountTable.Device {
    let path = String(decoding: directory, as: UTF8.self)
    return mounts.device(ofPath: AbsolutePath.make(path, in: workingDirectory))
  }

  func isInMemory(_ device: MountTable.Device) -> Bool { mounts.isInMemory(device) }

  /// The job reads much of a file, and so may take long.
  func readsFiles(_ job: SourceJob) -> Bool {
    switch job {
    case .inspect, .confirm: false
    case .hash: true
    case .prepare(_, let request, _), .read(_, let request, _):
      settings(request.entry).contentMD5
    }
  }

  private func settings(_ entry: EntryIndex) -> ObjectSettings {
    manifest.entries.settings[manifest.entries.settingsIndex(entry)]
  }

  private func outcome<Value>(_ body: () throws(Failure) -> Value) -> Result<Value, Failure> {
    do throws(Failure) { return .success(try body()) } catch { return .failure(error) }
  }

  // Inspection

  func inspect(_ entry: EntryIndex) -> InspectedSource {
    let status = outcome { () throws(Failure) in
      if let problem = manifest.entries.problem(entry) {
        throw Failure(.sourceUnreadable, problem)
      }
      return try Self.status(of: manifest.entries.file(entry))
    }
    return inspected(entry, status)
  }

  private func inspected(
    _ entry: EntryIndex, _ status: Result<stat, Failure>
  ) -> InspectedSource {
    let path = manifest.entries.file(entry)
    let key = manifest.entries.key(entry)
    let target = manifest.entries.target(entry)
    let prepared = prepared[manifest.entries.settingsIndex(entry)]
    return InspectedSource(
      identity: EntryIdentity(
        realm: realms[target], bucket: manifest.targets[target].bucket, key: key),
      pathDigest: Fingerprint.pathDigest(AbsolutePath.make(path, in: workingDirectory)),
      settingsDigest: prepared.digest(contentType: prepared.contentType(file: path, key: key)),
      source: status.map(SourceIdentity.init),
      disk: (try? status.get()).map { MountTable.Device($0.st_dev) } ?? 0)
  }

  private static func status(of path: String) throws(Failure) -> stat {
    let status: stat
    do throws(SystemError) { status = try currentStatus(of: path) } catch {
      throw Failure(.sourceUnreadable, error.description)
    }
    guard status.st_mode & S_IFMT == S_IFREG else { throw notAFile(path, status) }
    return status
  }

  private static func currentStatus(of path: String) throws(SystemError) -> stat {
    var status = stat()
    guard stat(path, &status) == 0 else { throw SystemError("read", path) }
    return status
  }

  private static func notAFile(_ path: String, _ status: stat) -> Failure {
    let kind =
      switch status.st_mode & S_IFMT {
      case S_IFDIR: "a directory"
      case S_IFIFO: "a pipe"
      case S_IFSOCK: "a socket"
      default: "a device"
      }
    return Failure(.sourceUnreadable, "\(path) is \(kind), not a file")
  }

  // Bodies

  private func prepare(
    _ request: RunRequest, _ opened: SourceFile?, _ progress: ReadProgress
  ) throws(Failure) -> PreparedBody {
    switch request.operation {
    case .putObject:
      return try body(request.entry, 0..<request.source.size, request.source, opened, progress)
    case .uploadPart(_, _, let range):
      var body = try body(request.entry, range, request.source, opened, progress)
      body.isPart = true
      return body
    case .completeMultipartUpload:
      try Self.confirm(manifest.entries.file(request.entry), is: request.source)
      return PreparedBody(content: .none)
    default: return PreparedBody(content: .none)
    }
  }

  /// The same, and its bytes are at hand.
  private func read(
    _ request: RunRequest, _ opened: SourceFile?, _ progress: ReadProgress
  ) throws(Failure) -> PreparedBody {
    let body = try prepare(request, opened, progress)
    if case .file(let file, let range) = body.content {
      try OpenSource(
        file, expecting: request.source, cancellation: cancellation, progress: progress
      )
      .fetch(range.prefix(DiskQueue.largestFetch))
    }
    return body
  }

  /// Whether the source of a body from this file system still is what it was, as far as that can be told without
  /// waiting; nil: a worker has to look.
  func confirmationAtHand(
    _ request: RunRequest, in device: MountTable.Device
  ) -> Result<Void, Failure>? {
    // (The path to a file at hand may lead through a file system that does not answer.)
    let path = manifest.entries.file(request.entry)
    guard mounts.isLocal(device), let file = FileDescriptor.openCached(path),
      let status = try? file.status(path)
    else { return nil }
    return outcome { () throws(Failure) in try Self.confirm(path, status, is: request.source) }
  }

  /// The file of this name still is `source`: that it is gone, or another, is a change as well.
  private static func confirm(_ path: String, is source: SourceIdentity) throws(Failure) {
    let now: stat
    do throws(SystemError) { now = try currentStatus(of: path) } catch {
      throw Failure(ofKnownSource: error)
    }
    try confirm(path, now, is: source)
  }

  private static func confirm(
    _ path: String, _ now: stat, is source: SourceIdentity
  ) throws(Failure) {
    guard SourceIdentity(now) == source else {
      throw Failure(.sourceChanged, "\(path) changed while it was being uploaded")
    }
  }

  private func body(
    _ entry: EntryIndex, _ range: Range<Int>, _ expected: SourceIdentity, _ opened: SourceFile?,
    _ progress: ReadProgress
  ) throws(Failure) -> PreparedBody {
    let source =
      if let opened {
        try OpenSource(
          opened, expecting: expected, cancellation: cancellation, progress: progress)
      } else {
        try OpenSource(
          manifest.entries.file(entry), expecting: expected, cancellation: cancellation,
          mounts: range.count > DiskQueue.smallBody ? mounts : nil, progress: progress)
      }
    let settings = settings(entry)
    if range.count <= DiskQueue.smallBody {
      let (bytes, device) = try source.confirmedBytes(of: range)
      let md5 = settings.contentMD5 ? MD5.digest(of: bytes) : nil
      return PreparedBody(content: .bytes(bytes), device: device, md5: md5)
    }
    let device = try source.confirm()
    let md5 = settings.contentMD5 ? try source.md5(of: range) : nil
    return PreparedBody(content: .file(source.file, range), device: device, md5: md5)
  }
}

extension SourceIdentity {
  init(_ status: stat) {
    self.init(
      size: Int(status.st_size), modified: status.st_mtim.nanoseconds, inode: UInt64(status.st_ino),
      changed: status.st_ctim.nanoseconds)
  }
}

extension RunRequest {
  /// What is sent of its source.
  var range: Range<Int> {
    if case .uploadPart(_, _, let range) = operation { range } else { 0..<source.size }
  }
}

extension timespec {
  /// A file may have a time behind 2262, and 64 bits end there. Going round keeps any two within 584 years apart.
  fileprivate var nanoseconds: Int64 { Int64(tv_sec) &* 1_000_000_000 &+ Int64(tv_nsec) }
}
