package import BatchCore

/// What an object key may be (OSS API reference, "Object and bucket naming").
package enum KeyRules {
  static let maximumLength = 1023

  /// Why `key`, the prefix included, cannot be an object's key; nil: it can.
  package static func problem(_ key: String, signature: Target.Signature) -> String? {
    let length = key.utf8.count
    if length == 0 { return "must not be empty" }
    if length > maximumLength {
      return "has \(grouped(length)) bytes with its prefix; at most \(grouped(maximumLength))"
    }
    return problem(start: key, signature: signature)
  }

  /// The rules that a prefix has to keep too.
  static func problem(start key: String, signature: Target.Signature) -> String? {
    switch key.utf8.first {
    case UInt8(ascii: "/"): return "must not begin with \"/\""
    case UInt8(ascii: "\\"): return "must not begin with \"\\\""
    case UInt8(ascii: "?") where signature == .v1:
      return "must not begin with \"?\" under signature v1"
    default: return key.holds(0) ? "must not hold NUL" : nil
    }
  }
}
