internal import Platform

/// Writes one JSON object (RFC 8259) on one line: for events and entries, which are many and small. Names are exact in it;
/// controls are escaped, those of Latin-1 as well, since the line may end on a terminal.
struct JSONObject {
  private(set) var bytes: [UInt8] = [UInt8(ascii: "{")]

  init() { bytes.reserveCapacity(256) }

  /// A line that tells what is so now: what it is, and when that was.
  init(type: String) {
    self.init()
    add("type", type)
    add("time", WallClock.rfc3339(nanoseconds: WallClock.nanoseconds))
  }

  mutating func add(_ name: StaticString, _ value: String) {
    begin(name)
    Self.append(value, to: &bytes)
  }

  mutating func add(_ name: StaticString, _ value: Int) {
    begin(name)
    bytes.append(contentsOf: String(value).utf8)
  }

  mutating func add(_ name: StaticString, _ value: Bool) {
    begin(name)
    bytes.append(contentsOf: (value ? "true" : "false").utf8)
  }

  /// Seconds with milliseconds, as a number.
  mutating func add(_ name: StaticString, milliseconds: Int) {
    begin(name)
    let fraction = String(1_000 + milliseconds % 1_000).dropFirst()
    bytes.append(contentsOf: "\(milliseconds / 1_000).\(fraction)".utf8)
  }

  mutating func add(_ name: StaticString, _ value: consuming JSONObject) {
    begin(name)
    bytes.append(contentsOf: value.closed())
  }

  mutating func add(_ name: StaticString, _ values: [JSONObject]) {
    begin(name)
    appendList(values) { value, bytes in bytes.append(contentsOf: value.closed()) }
  }

  mutating func add(_ name: StaticString, _ values: [String]) {
    begin(name)
    appendList(values, Self.append)
  }

  /// Where the user's words are the names.
  mutating func add(name: String, _ value: String) {
    if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
    Self.append(name, to: &bytes)
    bytes.append(UInt8(ascii: ":"))
    Self.append(value, to: &bytes)
  }

  /// The whole object.
  consuming func closed() -> [UInt8] {
    bytes.append(UInt8(ascii: "}"))
    return bytes
  }

  /// The whole line, with its end.
  consuming func line() -> [UInt8] {
    bytes.append(UInt8(ascii: "}"))
    bytes.append(UInt8(ascii: "\n"))
    return bytes
  }

  private mutating func begin(_ name: StaticString) {
    if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
    bytes.append(UInt8(ascii: "\""))
    name.withUTF8Buffer { bytes.append(contentsOf: $0) }
    bytes.append(contentsOf: "\":".utf8)
  }

  private mutating func appendList<Value>(
    _ values: [Value], _ append: (Value, inout [UInt8]) -> Void
  ) {
    bytes.append(UInt8(ascii: "["))
    for (position, value) in values.enumerated() {
      if position > 0 { bytes.append(UInt8(ascii: ",")) }
      append(value, &bytes)
    }
    bytes.append(UInt8(ascii: "]"))
  }

  private static func append(_ text: String, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      case 0x0A: bytes.append(contentsOf: "\\n".utf8)
      case 0x0D: bytes.append(contentsOf: "\\r".utf8)
      case 0x09: bytes.append(contentsOf: "\\t".utf8)
      case 0..<0x20, 0x7F: escape(byte, to: &bytes)
      // The second byte of U+0080 to U+009F.
      case 0x80...0x9F where bytes.last == 0xC2:
        bytes.removeLast()
        escape(byte, to: &bytes)
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private static func escape(_ value: UInt8, to bytes: inout [UInt8]) {
    bytes.append(contentsOf: "\\u00".utf8)
    bytes.append(hexadecimal(value >> 4))
    bytes.append(hexadecimal(value & 15))
  }

  private static func hexadecimal(_ digit: UInt8) -> UInt8 {
    digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
  }
}
