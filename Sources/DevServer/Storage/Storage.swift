internal import Glibc
internal import Platform

/// The stored state: files below one root (`StorageLayout`), and an index of them in memory. Every
/// change is on disk before it is in the index. Used from any thread.
final class Storage: Sendable {
  let layout: StorageLayout
  /// The only buckets there are; empty: any legal name is a bucket.
  private let allowedBuckets: Set<String>
  private let state: Lock<State>
  /// Keeps a second server away from the root; the kernel releases it with the process.
  private let lock: FileDescriptor
  private let incomingPrefix: String

  private struct State: Sendable {
    var buckets: [String: Bucket]
    var incomingCount = 0
  }

  init(root: String, allowedBuckets: [String]) throws(DevServerError) {
    layout = StorageLayout(root: root)
    self.allowedBuckets = Set(allowedBuckets)
    lock = try Storage.lock(layout)
    state = Lock(State(buckets: try StorageLoader(layout: layout).load()))
    incomingPrefix = "\(layout.incoming)/\(WallClock.nanoseconds)-"
    for bucket in allowedBuckets { try makeBucket(bucket) }
  }

  private static func lock(_ layout: StorageLayout) throws(DevServerError) -> FileDescriptor {
    do throws(SystemError) {
      try Files.makeDirectory(layout.root)
      let file = try FileDescriptor.open(layout.lock, O_RDWR | O_CREAT)
      guard flock(file.raw, LOCK_EX | LOCK_NB) == 0 else {
        if errno == EWOULDBLOCK { throw SystemError("lock", layout.root, code: EWOULDBLOCK) }
        throw SystemError("lock", layout.lock)
      }
      return file
    } catch {
      throw error.code == EWOULDBLOCK ? .rootInUse(layout.root) : .storage(error)
    }
  }

  private func makeBucket(_ name: String) throws(DevServerError) {
    do throws(SystemError) {
      try state.withLock { state throws(SystemError) in try Storage.ensure(name, &state, layout) }
    } catch {
      throw .storage(error)
    }
  }

  private static func ensure(
    _ bucket: String, _ state: inout State, _ layout: StorageLayout
  ) throws(SystemError) {
    guard state.buckets[bucket] == nil else { return }
    try Files.makeDirectory(layout.bucket(bucket))
    try Files.makeDirectory(layout.objects(bucket))
    try Files.makeDirectory(layout.metadata(bucket))
    try Files.makeDirectory(layout.uploads(bucket))
    state.buckets[bucket] = Bucket(created: WallClock.seconds)
  }

  /// For the statistics.
  var counts: (objects: Int, uploads: Int) {
    state.withLock { state in
      state.buckets.values.reduce((0, 0)) { ($0.0 + $1.objects.count, $0.1 + $1.uploads.count) }
    }
  }

  func allows(_ bucket: String) -> Bool {
    allowedBuckets.isEmpty || allowedBuckets.contains(bucket)
  }

  /// Reads a bucket's index; a bucket that nothing has been put into yet is empty.
  func read<Result: Sendable>(_ bucket: String, _ body: (inout Bucket) -> Result) -> Result {
    state.withLock { state in
      guard var value = state.buckets.removeValue(forKey: bucket) else {
        var empty = Bucket(created: WallClock.seconds)
        return body(&empty)
      }
      defer { state.buckets[bucket] = value }
      return body(&value)
    }
  }

  /// Changes a bucket, which is made when it is new.
  func change<Result: Sendable>(
    _ bucket: String, _ body: (inout Bucket) throws(StorageFailure) -> Result
  ) throws(ServiceError) -> Result {
    do throws(StorageFailure) {
      return try state.withLock { state throws(StorageFailure) in
        try StorageFailure.of { () throws(SystemError) in
          try Storage.ensure(bucket, &state, layout)
        }
        var value = state.buckets.removeValue(forKey: bucket) ?? Bucket(created: WallClock.seconds)
        defer { state.buckets[bucket] = value }
        return try body(&value)
      }
    } catch {
      throw error.asServiceError
    }
  }

  /// A name in the incoming directory that was never used before.
  func incomingPath() -> String {
    let number = state.withLock { state in
      state.incomingCount += 1
      return state.incomingCount
    }
    return incomingPrefix + String(number)
  }
}

/// Why a change was not made: the disk, or the service's rules.
enum StorageFailure: Error {
  case system(SystemError)
  case refusal(ServiceError)

  var asServiceError: ServiceError {
    switch self {
    case .system(let error): .internalError(error.description)
    case .refusal(let error): error
    }
  }

  static func of<Result>(
    _ body: () throws(SystemError) -> Result
  ) throws(StorageFailure) -> Result {
    do throws(SystemError) { return try body() } catch { throw .system(error) }
  }
}

extension ServiceError {
  /// Runs file operations; a failing one becomes an InternalError.
  static func storing<Result>(
    _ body: () throws(SystemError) -> Result
  ) throws(ServiceError) -> Result {
    do throws(SystemError) { return try body() } catch { throw .internalError(error.description) }
  }
}
