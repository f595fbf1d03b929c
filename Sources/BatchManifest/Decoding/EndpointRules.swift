internal import BatchCore

/// What a bucket, endpoint or region looks like (OSS API reference, "Regions and endpoints"). Whether it exists only the
/// service knows.
enum EndpointRules {
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

  static func problem(region: String) -> String? {
    if !region.isEmpty, region.utf8.allSatisfy({ isLowerOrDigit($0) || $0 == UInt8(ascii: "-") }) {
      return nil
    }
    return "\(quoted(region)) is not a region; an example is cn-hangzhou"
  }

  static func problem(endpoint: String) -> String? {
    var rest = endpoint[...]
    if let scheme = endpoint.firstPlace(of: "://") {
      guard ["http", "https"].contains(endpoint[..<scheme.lowerBound].lowercased()) else {
        return "the endpoint's scheme must be http or https, not"
          + " \(quoted(String(endpoint[..<scheme.lowerBound])))"
      }
      rest = endpoint[scheme.upperBound...]
    }
    if rest.hasSuffix("/") { rest = rest.dropLast() }
    guard let (host, port) = split(rest), isHost(host) else {
      return "\(quoted(endpoint)) is not an endpoint; an example is"
        + " https://oss-cn-hangzhou.aliyuncs.com"
    }
    guard let port else { return nil }
    guard port.utf8.allSatisfy(isDigit), let number = Int(port), (1...65535).contains(number) else {
      return "the endpoint's port must be from 1 to 65535, not \(quoted(String(port)))"
    }
    return nil
  }

  /// The whole target: an endpoint that was copied with the bucket in it.
  static func problem(_ target: Target) -> String? {
    guard let endpoint = target.endpoint, !target.bucket.isEmpty, target.addressing != .cname else {
      return nil
    }
    let host = endpoint.firstPlace(of: "://").map { endpoint[$0.upperBound...] } ?? endpoint[...]
    guard host.hasPrefix(target.bucket + ".oss-"), host.firstPlace(of: ".aliyuncs.com") != nil
    else {
      return nil
    }
    let without = quoted(String(host.dropFirst(target.bucket.count + 1)))
    return "the endpoint already has the bucket in it; write \(without)"
  }

  /// Host and port; nil when the brackets of an IPv6 address do not match.
  private static func split(_ text: Substring) -> (host: Substring, port: Substring?)? {
    if text.hasPrefix("[") {
      guard let close = text.firstIndex(of: "]") else { return nil }
      let behind = text[text.index(after: close)...]
      if behind.isEmpty { return (text, nil) }
      return behind.hasPrefix(":") ? (text[...close], behind.dropFirst()) : nil
    }
    guard let colon = text.firstIndex(of: ":") else { return (text, nil) }
    return (text[..<colon], text[text.index(after: colon)...])
  }

  private static func isHost(_ host: Substring) -> Bool {
    if host.hasPrefix("[") {
      let address = host.dropFirst().dropLast()
      return address.utf8.contains(UInt8(ascii: ":"))
        && address.utf8.allSatisfy { isHexDigit($0) || ":.".utf8.contains($0) }
    }
    return !host.isEmpty && !host.hasPrefix(".")
      && host.utf8.allSatisfy { isLetterOrDigit($0) || "-._".utf8.contains($0) }
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private static func isHexDigit(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
  }

  private static func isLowerOrDigit(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
  }
}
