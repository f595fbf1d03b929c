internal import BatchCore

/// What HEAD shows of the headers that an object was stored with (OSS API reference, "HeadObject"): its type, its class and the
/// user's metadata. Who may read it, and how it is encrypted for whom, is not among it.
struct StoredHeaders {
  private static let metadataPrefix = "x-oss-meta-"
  private var values: [String: String] = [:]

  /// `head` is the raw block.
  init(_ head: [UInt8]) {
    ResponseHead.forEachHeader(of: head) { name, value in
      let name = String(decoding: head[name], as: UTF8.self).lowercased()
      let value = ResponseHead.trimmed(value, of: head)
      values[name] = String(decoding: head[value], as: UTF8.self)
    }
  }

  /// They cannot be those of an object that was stored with `headers` as this type.
  func contradict(_ headers: [HeaderField], contentType: String) -> Bool {
    let wanted = Dictionary(headers.map { ($0.name, $0.value) }) { $1 }
    return differs("content-type", from: contentType)
      || differs("x-oss-storage-class", from: wanted["x-oss-storage-class"])
      || metadataNames(values) != metadataNames(wanted)
      || metadataNames(wanted).contains { differs($0, from: wanted[$0]) }
  }

  /// What is no ASCII may come back in another form, and what is not told or not wanted may be anything.
  private func differs(_ name: String, from wanted: String?) -> Bool {
    guard let wanted, let value = values[name], isPlain(wanted), isPlain(value) else {
      return false
    }
    return value.lowercased() != wanted.lowercased()
  }

  private func isPlain(_ value: String) -> Bool { value.utf8.allSatisfy { $0 < 0x80 } }

  /// Of what is not empty, which a service may drop.
  private func metadataNames(_ headers: [String: String]) -> Set<String> {
    Set(
      headers.lazy.filter { $0.key.hasPrefix(Self.metadataPrefix) && !$0.value.isEmpty }.map(\.key))
  }
}

extension PreparedSettings {
  /// The object that a HEAD with this raw head describes was stored with other settings, for certain.
  package func areContradicted(by head: [UInt8], contentType: String) -> Bool {
    StoredHeaders(head).contradict(headers(of: .putObject), contentType: contentType)
  }
}
