/// The three parts of an endpoint as people write it, `[scheme://]host[:port][/]`: what may stand there, for manifests
/// and for where else an endpoint comes from.
package struct EndpointAddress: Sendable, Equatable {
  package enum Scheme: String, Sendable {
    case https, http

    /// Of an endpoint that names none.
    var port: Int { self == .https ? 443 : 80 }
  }

  /// How the bucket is put into the URL.
  package enum Style: Sendable { case virtual, path, cname }

  package private(set) var scheme = Scheme.https
  /// Lower case; an IPv6 address keeps its brackets.
  package private(set) var host: String
  /// Nil: the scheme's own.
  package private(set) var port: Int?

  private static let maximumHostBytes = 253
  private static let cloudDomain = "aliyuncs.com"

  package init(_ text: String) throws(EndpointError) {
    // First of all: what stands before the sign must not be in what is said of the rest.
    guard !text.utf8.contains(UInt8(ascii: "@")) else { throw .userInfo }
    var rest = text[...]
    if let separator = rest.firstPlace(of: "://") {
      let name = rest[..<separator.lowerBound].lowercased()
      guard let known = Scheme(rawValue: name) else { throw .unknownScheme(name) }
      scheme = known
      rest = rest[separator.upperBound...]
    }
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

  /// How the target's bucket is put into URLs here.
  package func style(of target: Target) throws(EndpointError) -> Style {
    guard target.addressing != .cname else { return .cname }
    guard !isAlibabaCloud || !host.hasPrefix("\(target.bucket).oss-") else {
      throw .namesBucket(without: without(bucket: target.bucket))
    }
    switch target.addressing {
    case .path: return .path
    case .auto where hasNoSubdomains: return .path
    case .auto, .virtual, .cname:
      guard !hasNoSubdomains || host == "localhost" else {
        throw .addressWithoutSubdomains(host: host)
      }
      return .virtual
    }
  }

  /// The same endpoint, as people write it, without the bucket before its host.
  private func without(bucket: String) -> String {
    let port = port.map { ":\($0)" } ?? ""
    return "\(scheme.rawValue)://\(host.dropFirst(bucket.count + 1))\(port)"
  }

  /// The service in an entry's identity: the same bucket is the same object store through every
  /// host of Alibaba Cloud, and any other host is, with its port, a service of its own, whether the port is
  /// written or the scheme's.
  package var realm: String {
    isAlibabaCloud ? Self.cloudDomain : "\(host):\(port ?? scheme.port)"
  }

  private var isAlibabaCloud: Bool {
    host == Self.cloudDomain || host.hasSuffix("." + Self.cloudDomain)
  }

  /// An address, or this machine: no bucket can be put before it as a subdomain.
  private var hasNoSubdomains: Bool {
    host.hasPrefix("[") || host == "localhost" || isFourNumbers
  }

  private var isFourNumbers: Bool {
    let labels = host.split(separator: ".")
    return labels.count == 4 && labels.allSatisfy { UInt8($0) != nil }
  }
}
