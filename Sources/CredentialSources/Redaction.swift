/// What other programs say, in a form that may be shown: one line, not long, and without what may be
/// a secret.
enum Redaction {
  private static let maximumBytes = 300
  /// Keys, tokens and signatures are longer; file names and words of people have no such mixture.
  private static let secretLength = 12
  /// Few words of people have so many small letters.
  private static let longestWord = 20

  /// The end of `bytes`, where programs say what went wrong.
  static func shown(_ bytes: [UInt8]) -> String {
    let text = String(decoding: bytes, as: UTF8.self)
    let clean = String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
    let words = clean.split(separator: " ").map { redacted($0) }
    let line = words.joined(separator: " ")
    guard line.utf8.count > maximumBytes else { return line }
    return "… "
      + String(decoding: line.utf8.suffix(maximumBytes), as: UTF8.self)
      .drop { $0 != " " }.drop { $0 == " " }
  }

  private static func redacted(_ word: Substring) -> String {
    var result = ""
    var run: [UInt8] = []
    func flush() {
      result += isSuspicious(run) ? "[redacted]" : String(decoding: run, as: UTF8.self)
      run = []
    }
    for byte in word.utf8 {
      if isOfSecret(byte) {
        run.append(byte)
      } else {
        flush()
        result.unicodeScalars.append(byte < 0x80 ? Unicode.Scalar(byte) : "?")
      }
    }
    flush()
    return result
  }

  /// The alphabets of Base64, Base64url and hexadecimal digits.
  private static func isOfSecret(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"),
      UInt8(ascii: "_"), UInt8(ascii: "/"), UInt8(ascii: "="):
      true
    default: false
    }
  }

  private static func isSuspicious(_ run: [UInt8]) -> Bool {
    let slash = UInt8(ascii: "/")
    // A path is as suspicious as its names: Base64 may begin with a slash as well, but does not consist of short ones.
    guard run.first == slash else { return isSuspicious(run[...]) }
    return run.split(separator: slash).contains(where: isSuspicious)
  }

  private static func isSuspicious(_ run: ArraySlice<UInt8>) -> Bool {
    let words = run.split { "-_/".utf8.contains($0) }
    if words.contains(where: { $0.count > longestWord }) { return true }
    guard run.count >= secretLength else { return false }
    let digits = run.contains { (48...57).contains($0) }
    let capitals = run.dropFirst().contains { (65...90).contains($0) }
    return digits || capitals
  }
}
