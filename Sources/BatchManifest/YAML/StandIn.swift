/// libyaml reads YAML 1.1. What YAML 1.2 takes otherwise is given to it as characters that are nothing special to it, and put
/// back in the texts that it finds:
///
/// - U+0085, U+2028 and U+2029, which end a line in YAML 1.1 only: a name that holds one would become another;
/// - two escapes for one character, `"\ud83d\ude00"`, as JSON has them for what lies beyond U+FFFF.
///
/// Whether such a text stands in double quotes, in another scalar or in a comment only a parser can tell. So it is replaced
/// wherever it stands, and put back when libyaml has told what it stood in: where a backslash is a backslash, it is one again.
/// Nothing else depends on it, for in all these places what is replaced and what replaces it are characters of a word. One
/// stands for one, so no place moves.
///
/// The stand-ins are the last characters of Unicode. Where a manifest itself holds one, `backslash` is put before it (and that
/// alone moves what follows on its line by one column), and its escape is hidden as those of JSON are. So each stand-in that
/// libyaml gives back is one of ours.
enum StandIn: UInt8 {
  /// Of an escape that libyaml is not to see.
  case backslash = 0xBC
  case nextLine
  case lineSeparator
  case paragraphSeparator

  /// The other bytes of each, in UTF-8; the raw value is the last one.
  private static let start: [UInt8] = [0xF4, 0x8F, 0xBF]
  private static let codes: ClosedRange<UInt32> = 0x10FFFC...0x10FFFF
  private static let signInManifest: [UInt8] = [UInt8(ascii: "\\")]

  private var bytes: [UInt8] { Self.start + [rawValue] }

  private var original: [UInt8] {
    switch self {
    case .backslash: Self.signInManifest
    case .nextLine: [0xC2, 0x85]
    case .lineSeparator: [0xE2, 0x80, 0xA8]
    case .paragraphSeparator: [0xE2, 0x80, 0xA9]
    }
  }

  private typealias Bytes = Slice<UnsafeBufferPointer<UInt8>>

  /// The one that a text begins with.
  private init?(at text: Bytes) {
    guard text.starts(with: Self.start), let last = text.dropFirst(3).first else { return nil }
    self.init(rawValue: last)
  }

  /// The escapes that a text begins with and libyaml would not take for the character that they mean. `sign` is the backslash of
  /// each.
  private static func escape(
    _ text: Bytes, sign: [UInt8]
  ) -> (length: Int, meaning: Unicode.Scalar)? {
    if let code = code(text, sign, UInt8(ascii: "U"), digits: 8) {
      guard codes.contains(code) else { return nil }
      return Unicode.Scalar(code).map { (sign.count + 9, $0) }
    }
    let half = sign.count + 5
    guard let high = code(text, sign, UInt8(ascii: "u"), digits: 4), 0xD800...0xDBFF ~= high,
      let low = code(text.dropFirst(half), sign, UInt8(ascii: "u"), digits: 4),
      0xDC00...0xDFFF ~= low
    else { return nil }
    let code = 0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)
    return Unicode.Scalar(code).map { (2 * half, $0) }
  }

  private static func code(
    _ text: Bytes, _ sign: [UInt8], _ letter: UInt8, digits: Int
  ) -> UInt32? {
    guard text.starts(with: sign) else { return nil }
    let written = text.dropFirst(sign.count)
    guard written.first == letter, written.count > digits else { return nil }
    var code: UInt32 = 0
    for byte in written.dropFirst().prefix(digits) {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
      code = code << 4 | UInt32(digit)
    }
    return code
  }
}

/// On the way to libyaml.
extension StandIn {
  /// What is replaced has at most so many bytes.
  private static let longest = 12

  /// Copies a piece of a manifest; `isLast`: nothing follows it. What has no room is left, and at the end of a piece what may
  /// go on in the next one.
  static func copy(
    _ source: UnsafeBufferPointer<UInt8>, isLast: Bool, to target: UnsafeMutableBufferPointer<UInt8>
  ) -> (taken: Int, given: Int, areUsed: Bool) {
    let plain = min(firstSpecial(in: source), target.count)
    _ = target.update(fromContentsOf: source[..<plain])
    var (taken, given, areUsed) = (plain, plain, false)
    while taken < source.count, given < target.count {
      let next = firstIndex(in: source, from: taken)
      let count = min(next - taken, target.count - given)
      _ = target[given...].update(fromContentsOf: source[taken..<taken + count])
      (taken, given) = (taken + count, given + count)
      guard taken == next, next < source.count else { continue }
      let rest = source[next...]
      if rest.count < longest, !isLast { break }
      let (length, bytes) = replacement(rest)
      guard (bytes?.count ?? length) <= target.count - given else { break }
      if let bytes {
        _ = target[given...].update(fromContentsOf: bytes)
        areUsed = true
      } else {
        _ = target[given...].update(fromContentsOf: rest.prefix(length))
      }
      (taken, given) = (taken + length, given + (bytes?.count ?? length))
    }
    return (taken, given, areUsed)
  }

  /// Where the first text stands that looks as if it were replaced, or might at the end; in most pieces there is none, however
  /// many other escapes they hold.
  private static func firstSpecial(in text: UnsafeBufferPointer<UInt8>) -> Int {
    var first = text.count
    for byte in [UInt8(ascii: "\\"), 0xC2, 0xE2, 0xF4] {
      var index = text.firstIndex(of: byte, from: 0)
      while let found = index, found < first {
        if found + longest > text.count || mayBegin(text[found...]) { first = found }
        index = text.firstIndex(of: byte, from: found + 1)
      }
    }
    // The backslashes before it tell whether it is an escape.
    while first > 0, text[first - 1] == UInt8(ascii: "\\") { first -= 1 }
    return first
  }

  /// Whether a text of `longest` bytes or more looks as if it began with what is replaced.
  private static func mayBegin(_ text: Bytes) -> Bool {
    let (start, third) = (text.startIndex, text[text.startIndex + 2])
    return switch (text[start], text[start + 1]) {
    case (UInt8(ascii: "\\"), UInt8(ascii: "U")), (0xC2, 0x85), (0xF4, 0x8F): true
    // U+D800 to U+DFFF.
    case (UInt8(ascii: "\\"), UInt8(ascii: "u")):
      third | 0x20 == UInt8(ascii: "d") && text[start + 3] >= UInt8(ascii: "8")
    case (0xE2, 0x80): third == 0xA8 || third == 0xA9
    default: false
    }
  }

  /// Where the next byte stands with which begins what may be replaced; the end where there is none.
  private static func firstIndex(in text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
    var index = start
    while index < text.count {
      let byte = text[index]
      if byte == UInt8(ascii: "\\") || byte == 0xC2 || byte == 0xE2 || byte == 0xF4 { break }
      index += 1
    }
    return index
  }

  /// What the first bytes of a text are replaced by; nil: they stay.
  private static func replacement(_ text: Bytes) -> (length: Int, bytes: [UInt8]?) {
    // The second backslash begins no escape.
    if text.starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "\\")]) { return (2, nil) }
    if text.first == UInt8(ascii: "\\") { return hidden(text) }
    if let own = StandIn(at: text) { return (own.bytes.count, backslash.bytes + own.bytes) }
    for separator in [nextLine, lineSeparator, paragraphSeparator]
    where text.starts(with: separator.original) {
      return (separator.original.count, separator.bytes)
    }
    return (1, nil)
  }

  private static func hidden(_ text: Bytes) -> (length: Int, bytes: [UInt8]?) {
    guard let (length, _) = escape(text, sign: signInManifest) else { return (1, nil) }
    var bytes: [UInt8] = []
    for byte in text.prefix(length) {
      if byte == UInt8(ascii: "\\") { bytes += backslash.bytes } else { bytes.append(byte) }
    }
    return (length, bytes)
  }
}

/// On the way back.
extension StandIn {
  /// The text of a scalar as the manifest means it; nil: nothing in it was replaced.
  static func restored(
    _ text: UnsafeBufferPointer<UInt8>, isDoubleQuoted: Bool
  ) -> [UInt8]? {
    guard text.holds(start[0]) else { return nil }
    var restored: [UInt8] = []
    restored.reserveCapacity(text.count)
    var rest = text[...]
    while let byte = rest.first {
      guard byte == start[0], let standIn = StandIn(at: rest) else {
        restored.append(byte)
        rest = rest.dropFirst()
        continue
      }
      let behind = rest.dropFirst(standIn.bytes.count)
      if standIn == .backslash, let own = StandIn(at: behind) {
        restored += own.bytes
        rest = behind.dropFirst(own.bytes.count)
      } else if isDoubleQuoted, let (length, meaning) = escape(rest, sign: backslash.bytes) {
        restored += String(meaning).utf8
        rest = rest.dropFirst(length)
      } else {
        restored += standIn.original
        rest = behind
      }
    }
    return restored
  }
}
