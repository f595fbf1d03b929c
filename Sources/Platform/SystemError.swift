internal import Glibc

/// A system call that failed: what was being done, to what, and why.
package struct SystemError: Error, Equatable, CustomStringConvertible {
  /// The verb a user understands, e.g. "open", "read", "lock".
  package var operation: String
  /// The file concerned, empty when there is none.
  package var path: String
  /// The `errno` value.
  package var code: CInt

  package init(_ operation: String, _ path: String, code: CInt) {
    self.operation = operation
    self.path = path
    self.code = code
  }

  /// The failure that `errno` holds now.
  package init(_ operation: String, _ path: String = "") {
    self.init(operation, path, code: errno)
  }

  /// The system's own words for `code`, e.g. "No such file or directory".
  package var reason: String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
    return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  package var description: String {
    path.isEmpty ? "cannot \(operation): \(reason)" : "cannot \(operation) \(path): \(reason)"
  }
}

/// Repeats a system call while a signal interrupts it; the first other result counts.
package func retryingInterrupts<Result: SignedInteger>(_ call: () -> Result) -> Result {
  while true {
    let result = call()
    if result != -1 || errno != EINTR { return result }
  }
}
