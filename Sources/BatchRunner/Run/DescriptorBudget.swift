internal import Glibc

/// How many files this process may have open at once, and how the run lives within it: too few make
/// the run smaller, never an entry fail.
struct DescriptorBudget {
  /// The lock, the journal, the event loops, sources that are being read, and a directory in which a glob
  /// looks for files.
  private static let reserved = 19
  /// A connection, the source that is sent on it, and one that is read ahead.
  private static let perRequest = 3
  private static let checkpointLimit = 64

  /// Requests that can be in flight together; 0 when not even one can.
  let concurrency: Int
  /// Checkpoints that may be held open.
  let checkpoints: Int
  private let limit: Int
  private let wanted: Int
  /// Standard streams, and what the parent has left open.
  private let inherited: Int

  init(limit: Int, wanted: Int) {
    self.limit = limit
    inherited = Self.openDescriptors(below: limit)
    self.wanted = wanted
    // One for a checkpoint: it is needed as soon as anything is sent in parts.
    let free = max(limit - inherited - Self.reserved - 1, 0)
    concurrency = min(wanted, free / Self.perRequest)
    checkpoints = min(Self.checkpointLimit, 1 + free - concurrency * Self.perRequest)
  }

  /// What the user must know of it; nil when nothing was taken away.
  var warning: String? {
    guard concurrency < wanted else { return nil }
    return "this process may have only \(limit) files open at once: "
      + "\(concurrency) requests at a time instead of \(wanted); ulimit -n raises the limit"
  }

  func check() throws(StartError) {
    guard concurrency > 0 else {
      throw StartError(
        "this process may have only \(limit) files open at once, too few for a run: "
          + "raise the limit with ulimit -n to \(inherited + Self.reserved + 1 + Self.perRequest) or more"
      )
    }
  }

  /// The list in /proc answers in one call what asking number by number needs thousands for, which a
  /// short run would feel.
  private static func openDescriptors(below limit: Int) -> Int {
    guard let directory = opendir("/proc/self/fd") else {
      return (0..<Int32(min(limit, 4_096))).count { fcntl($0, F_GETFD) != -1 }
    }
    defer { closedir(directory) }
    var entries = 0
    while readdir(directory) != nil { entries += 1 }
    // Two are the directory itself and its parent, one is what this function has opened.
    return max(0, entries - 3)
  }
}
