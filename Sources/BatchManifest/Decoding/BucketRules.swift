/// What a bucket is called (OSS API reference, "Bucket naming conventions"). Whether it exists only the service knows.
enum BucketRules {
  static func problem(bucket: String) -> String? {
    let bytes = bucket.utf8
    let isInner = { (byte: UInt8) in isLowerOrDigit(byte) || byte == UInt8(ascii: "-") }
    guard (3...63).contains(bytes.count), bytes.allSatisfy(isInner),
      bytes.first.map(isLowerOrDigit) == true, bytes.last.map(isLowerOrDigit) == true
    else {
      return "\(quoted(bucket)) is not a bucket name: 3 to 63 lower-case letters, digits and"
        + " hyphens, with no hyphen at either end"
    }
    return nil
  }

  private static func isLowerOrDigit(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
  }
}
