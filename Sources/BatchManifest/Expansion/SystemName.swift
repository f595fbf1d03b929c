/// A name or a path as the system has it, which need not be text.
struct SystemName {
  /// With what is not UTF-8 replaced: for patterns and messages.
  let text: String
  /// nil: those of `text`.
  private let otherBytes: [UInt8]?

  init(_ text: String) {
    self.text = text
    otherBytes = nil
  }

  init(_ bytes: UnsafeRawBufferPointer) {
    if let text = String(validating: bytes, as: UTF8.self) {
      self.init(text)
    } else {
      self.init(String(decoding: bytes, as: UTF8.self), Array(bytes))
    }
  }

  private init(_ text: String, _ otherBytes: [UInt8]?) {
    self.text = text
    self.otherBytes = otherBytes
  }

  var isText: Bool { otherBytes == nil }
  var isEmpty: Bool { text.isEmpty }

  static func + (left: SystemName, right: SystemName) -> SystemName {
    let text = left.text + right.text
    guard !left.isText || !right.isText else { return SystemName(text) }
    return SystemName(text, left.bytes + right.bytes)
  }

  func withCString<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
    guard let otherBytes else { return text.withCString(body) }
    let terminated = otherBytes.map { CChar(bitPattern: $0) } + [0]
    return body(terminated)
  }

  private var bytes: [UInt8] { otherBytes ?? Array(text.utf8) }
}
