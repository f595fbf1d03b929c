internal import Digests

/// The random names that the service gives.
enum Identifiers {
  /// 24 hexadecimal digits.
  static func request() -> String { random(bytes: 12) }
  /// 32 hexadecimal digits.
  static func upload() -> String { random(bytes: 16) }

  private static func random(bytes count: Int) -> String {
    var generator = SystemRandomNumberGenerator()
    return Hexadecimal.uppercase(
      (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) })
  }
}
