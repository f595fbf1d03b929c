internal import BatchCore

/// The three parts of an endpoint as people write it: `[scheme://]host[:port][/]`.
struct EndpointAddress: Equatable {
  var scheme: Endpoint.Scheme
  /// Lower case; an IPv6 address keeps its brackets.
  var host: String
  var port: Int?

  private static let maximumHostBytes = 253

  init(_ text: String) throws(EndpointError) {
    var rest = text[...]
    scheme = .https
    if let separator = rest.firstPlace(of: "://") {
      let name = rest[..<separator.lowerBound].lowercased()
      guard let known = Endpoint.Scheme(rawValue: name) else { throw .unknownScheme(name) }
      scheme = known
      rest = rest[separator.upperBound...]
    }
    guard !rest.contains("@") else { throw .userInfo }
    if rest.hasSuffix("/") { rest.removeLast() }
    guard !rest.contains(where: { "/?#".contains($0) }) else { throw .notOnlyHost(text) }
    let end = Self.endOfHost(rest)
    host = rest[..<end].lowercased()
    guard Self.isHost(host) else { throw .invalidHost(String(rest[..<end])) }
    if end < rest.endIndex { port = try Self.port(rest[rest.index(after: end)...]) }
  }

  /// The colon before the port; the colons within brackets are the address's own.
  private static func endOfHost(_ text: Substring) -> Substring.Index {
    let afterBracket = text.hasPrefix("[") ? text.firstIndex(of: "]") : nil
    return text[(afterBracket ?? text.startIndex)...].firstIndex(of: ":") ?? text.endIndex
  }

  private static func port(_ text: Substring) throws(EndpointError) -> Int {
    guard text.utf8.allSatisfy({ (48...57).contains($0) }), let port = Int(text),
      (1...65_535).contains(port)
    else { throw .invalidPort(String(text)) }
    return port
  }

  private static func isHost(_ host: String) -> Bool {
    guard !host.isEmpty, host.utf8.count <= maximumHostBytes else { return false }
    if host.hasPrefix("[") { return isBracketedAddress(host) }
    return host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
      !label.isEmpty && label.utf8.allSatisfy(isHostByte)
    }
  }

  private static func isHostByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }

  private static func isBracketedAddress(_ host: String) -> Bool {
    guard host.hasSuffix("]") else { return false }
    let address = host.dropFirst().dropLast()
    return address.contains(":")
      && address.utf8.allSatisfy { byte in
        isHexadecimal(byte) || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
      }
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: false
    }
  }

  /// An address, or this machine: no bucket can be put before it as a subdomain.
  var hasNoSubdomains: Bool {
    host.hasPrefix("[") || host == "localhost" || isFourNumbers
  }

  private var isFourNumbers: Bool {
    let labels = host.split(separator: ".")
    return labels.count == 4 && labels.allSatisfy { UInt8($0) != nil }
  }
}
