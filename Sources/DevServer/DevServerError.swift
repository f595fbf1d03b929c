package import Platform

/// Why the server cannot start.
package enum DevServerError: Error, CustomStringConvertible {
  case storage(SystemError)
  case rootInUse(String)
  case illegalBucket(String)
  case address(port: Int, reason: String)

  package var description: String {
    switch self {
    case .storage(let error): error.description
    case .rootInUse(let root):
      "\(root) is in use by another oss-devserver; give each server its own --root"
    case .illegalBucket(let name):
      "\(name) is not a bucket name: 3 to 63 of a-z, 0-9 and -, not beginning or ending with -"
    case .address(let port, let reason):
      "cannot listen on 127.0.0.1 port \(port): \(reason); --port 0 takes any free port"
    }
  }
}
