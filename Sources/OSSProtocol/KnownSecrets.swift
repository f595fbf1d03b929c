/// The secrets and tokens of all credentials that were used so far. A service has no reason to repeat one; whoever
/// answers in its place might.
package struct KnownSecrets: Sendable {
  /// So much of a secret is left out even when its rest is missing: whoever repeats it may have cut it off.
  private static let tellingBytes = 8
  private var secrets: [[UInt8]] = []

  package init() {}

  package mutating func insert(_ credentials: Credentials) {
    for secret in [credentials.accessKeySecret, credentials.securityToken].compactMap(\.self) {
      let bytes = Array(secret.utf8)
      if !secrets.contains(bytes) { secrets.append(bytes) }
    }
  }

  /// The text with each secret, and each beginning of one, replaced.
  package func removed(from text: String) -> String {
    let bytes = Array(text.utf8)
    var result: [UInt8] = []
    var start = 0
    var place = 0
    while place < bytes.count {
      let length = secretBytes(bytes[place...])
      if length == 0 {
        place += 1
        continue
      }
      result += bytes[start..<place] + Array("[redacted]".utf8)
      place += length
      start = place
    }
    return start == 0 ? text : String(decoding: result + bytes[start...], as: UTF8.self)
  }

  /// How far the bytes are those of a secret; 0: too few to tell. Tokens of one service begin alike, so the longest counts.
  private func secretBytes(_ bytes: ArraySlice<UInt8>) -> Int {
    var longest = 0
    for secret in secrets where secret.first == bytes.first {
      let common = zip(secret, bytes).prefix { $0 == $1 }.count
      if common >= min(secret.count, Self.tellingBytes) { longest = max(longest, common) }
    }
    return longest
  }
}

extension KnownSecrets: CustomStringConvertible, CustomReflectable {
  package var description: String { "\(secrets.count) secrets" }
  package var customMirror: Mirror { Mirror(self, children: [:]) }
}
