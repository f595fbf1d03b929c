/// What must not be shown of a text that came from a service: the secrets and tokens of all credentials that were used so
/// far, and signatures, each also percent-encoded. A service has no reason to repeat one; whoever answers in its place might.
package struct KnownSecrets: Sendable {
  /// So much of a secret is left out even when its rest is missing: whoever repeats it may have cut it off.
  private static let tellingBytes = 8
  private var secrets: [[UInt8]] = []
  /// What stands before signatures: their name in the header V4 and in URLs, and in the header V1, `OSS ID:SIGNATURE`, each
  /// access key's id.
  private var marks = [Array("signature=".utf8)]

  package init() {}

  package mutating func insert(_ credentials: Credentials) {
    for secret in [credentials.accessKeySecret, credentials.securityToken].compactMap(\.self) {
      let bytes = DecodedText(secret).bytes
      if !secrets.contains(bytes) { secrets.append(bytes) }
    }
    let mark = DecodedText("\(credentials.accessKeyID):").bytes
    if !marks.contains(mark) { marks.append(mark) }
  }

  /// The text with each secret, each signature, and each beginning of one, replaced.
  package func removed(from text: String) -> String {
    let decoded = DecodedText(text)
    var result: [UInt8] = []
    var shown = 0
    var place = 0
    while place < decoded.bytes.count {
      let hidden = hiddenBytes(decoded.bytes[place...])
      if hidden.isEmpty {
        place += 1
        continue
      }
      result += decoded.original(shown..<hidden.lowerBound) + Array("[redacted]".utf8)
      place = hidden.upperBound
      shown = place
    }
    if shown == 0 { return text }
    return String(decoding: result + decoded.original(shown..<place), as: UTF8.self)
  }

  /// What must not be shown of what begins here.
  private func hiddenBytes(_ bytes: ArraySlice<UInt8>) -> Range<Int> {
    let start = bytes.startIndex
    let length = secretBytes(bytes)
    if length > 0 { return start..<start + length }
    for mark in marks where Self.begins(bytes, with: mark) {
      let value = start + mark.count
      let length = bytes[value...].prefix(while: Self.isOfSignature).count
      if length >= Self.tellingBytes { return value..<value + length }
    }
    return start..<start
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

  /// Names of headers and parameters are one whatever their case.
  private static func begins(_ bytes: ArraySlice<UInt8>, with mark: [UInt8]) -> Bool {
    bytes.count >= mark.count && zip(bytes, mark).allSatisfy { lower($0) == lower($1) }
  }

  private static func lower(_ byte: UInt8) -> UInt8 {
    (65...90).contains(byte) ? byte | 0x20 : byte
  }

  /// Hexadecimal digits and Base64, in which JSON may write `\/`.
  private static func isOfSignature(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (97...122).contains(lower(byte)) || #"+/=\"#.utf8.contains(byte)
  }
}

extension KnownSecrets: CustomStringConvertible, CustomReflectable {
  package var description: String { "\(secrets.count) secrets" }
  package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// A text's bytes without any percent-encoding, and where each stands in the text.
private struct DecodedText {
  private(set) var bytes: [UInt8] = []
  private let text: [UInt8]
  /// Of each byte, and the text's end.
  private var starts: [Int] = []

  init(_ text: String) {
    self.text = Array(text.utf8)
    var place = 0
    while place < self.text.count {
      let (byte, next) = PercentEncoding.byte(at: place, of: self.text)
      bytes.append(byte)
      starts.append(place)
      place = next
    }
    starts.append(place)
  }

  func original(_ range: Range<Int>) -> ArraySlice<UInt8> {
    text[starts[range.lowerBound]..<starts[range.upperBound]]
  }
}
