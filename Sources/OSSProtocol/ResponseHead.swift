internal import Checksum

/// The headers of a reply that osbatch reads, found in one pass over the raw block. Only places are
/// kept; text is made of what is asked for.
struct ResponseHead {
  enum Field: Int, CaseIterable {
    case etag, crc64, requestID, date, retryAfter, qosDelay, errorCode, errorDocument
    case contentLength, objectType, location, lastModified
  }

  private let bytes: [UInt8]
  private var ranges = [Range<Int>?](repeating: nil, count: Field.allCases.count)

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    Self.forEachHeader(of: bytes) { name, value in
      if let field = field(name) { ranges[field.rawValue] = Self.trimmed(value, of: bytes) }
    }
  }

  /// Where names and values stand in a raw block; the values with the blanks around them.
  static func forEachHeader(
    of bytes: [UInt8], _ body: (_ name: Range<Int>, _ value: Range<Int>) -> Void
  ) {
    var start = 0
    while start < bytes.count {
      var end = start
      var colon = -1
      while end < bytes.count, bytes[end] != 0x0A {
        if colon < 0, bytes[end] == UInt8(ascii: ":") { colon = end }
        end += 1
      }
      if colon > start { body(start..<colon, colon + 1..<end) }
      start = end + 1
    }
  }

  private func field(_ name: Range<Int>) -> Field? {
    switch name.count {
    case 4: equals(name, "etag") ? .etag : equals(name, "date") ? .date : nil
    case 8: equals(name, "x-oss-ec") ? .errorCode : equals(name, "location") ? .location : nil
    case 9: equals(name, "x-oss-err") ? .errorDocument : nil
    case 11: equals(name, "retry-after") ? .retryAfter : nil
    case 13: equals(name, "last-modified") ? .lastModified : nil
    case 14: equals(name, "content-length") ? .contentLength : nil
    case 16: equals(name, "x-oss-request-id") ? .requestID : nil
    case 17: equals(name, "x-oss-object-type") ? .objectType : nil
    case 20:
      equals(name, "x-oss-hash-crc64ecma")
        ? .crc64 : equals(name, "x-oss-qos-delay-time") ? .qosDelay : nil
    default: nil
    }
  }

  /// Whether the bytes are `lower` in any case; the lengths are equal.
  private func equals(_ name: Range<Int>, _ lower: StaticString) -> Bool {
    for offset in 0..<name.count {
      let byte = bytes[name.lowerBound + offset]
      let folded = (65...90).contains(byte) ? byte | 0x20 : byte
      if folded != lower.utf8Start[offset] { return false }
    }
    return true
  }

  static func trimmed(_ range: Range<Int>, of bytes: [UInt8]) -> Range<Int> {
    var (lower, upper) = (range.lowerBound, range.upperBound)
    while lower < upper, XMLReader.isSpace(bytes[lower]) { lower += 1 }
    while lower < upper, XMLReader.isSpace(bytes[upper - 1]) { upper -= 1 }
    return lower..<upper
  }

  /// Nil when the header is missing or empty.
  subscript(field: Field) -> String? {
    guard let range = ranges[field.rawValue], !range.isEmpty else { return nil }
    return String(decoding: bytes[range], as: UTF8.self)
  }

  /// The object's or part's checksum; nil when the service sent none, or no number.
  var crc64: CRC64? {
    ranges[Field.crc64.rawValue].flatMap { CRC64(decimal: bytes[$0].span) }
  }

  /// Bytes of the object that a HEAD describes.
  var contentLength: Int? { self[.contentLength].flatMap(Self.count) }

  /// Seconds since 1970 by the service's clock.
  var date: Int64? { self[.date].flatMap(CalendarTime.init(httpDate:))?.seconds }

  /// When the object that a HEAD describes was stored, seconds since 1970 by the service's clock.
  var lastModified: Int64? { self[.lastModified].flatMap(CalendarTime.init(httpDate:))?.seconds }

  /// How long the service asks to wait, the longer of its two ways to say so. An HTTP date counts
  /// from the reply's own `Date`, so no clock of ours is involved.
  var delayMilliseconds: Int? {
    [retryAfterMilliseconds, self[.qosDelay].flatMap(Self.count)].compactMap(\.self).max()
  }

  private var retryAfterMilliseconds: Int? {
    guard let text = self[.retryAfter] else { return nil }
    if let seconds = Self.count(text) { return seconds.multipliedSaturating(by: 1000) }
    guard let until = CalendarTime(httpDate: text)?.seconds, let date else { return nil }
    return max(0, Int(until - date)) * 1000
  }

  private static func count(_ text: String) -> Int? {
    text.utf8.allSatisfy { (48...57).contains($0) } ? Int(text) : nil
  }
}

extension Int {
  fileprivate func multipliedSaturating(by factor: Int) -> Int {
    let (product, overflow) = multipliedReportingOverflow(by: factor)
    return overflow ? .max : product
  }
}
