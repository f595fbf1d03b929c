internal import Glibc

/// How many files this process may have open at once.
package enum DescriptorLimit {
  /// Raises the soft limit, which is often 1,024, as far as it may go; the limit that then holds.
  package static func raise() -> Int {
    var limit = rlimit()
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard getrlimit(resource, &limit) == 0 else { return .max }
    limit.rlim_cur = limit.rlim_max
    setrlimit(resource, &limit)
    getrlimit(resource, &limit)
    return Int(clamping: limit.rlim_cur)
  }
}
