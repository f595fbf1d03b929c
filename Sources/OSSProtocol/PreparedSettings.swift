package import BatchCore
internal import Checksum

/// An entry's settings sorted into the headers of each kind of request. Entries share settings, so
/// this is made once for each element of `EntryTable.settings`, not for each request.
package final class PreparedSettings: Sendable {
  /// Sorted by name.
  private let put: [HeaderField]
  private let initiate: [HeaderField]
  private let part: [HeaderField]
  private let complete: [HeaderField]
  private let other: [HeaderField]
  private let explicitContentType: String?
  /// Of the headers that are stored and stand before the type, and the bytes of those behind it.
  private let digestBeforeType: CRC64
  private let storedAfterType: [UInt8]
  /// Bodies get a CRC64 as they leave.
  package let wantsChecksum: Bool

  package init(_ settings: ObjectSettings) {
    var headers = settings.headers
    if settings.overwrite == .never {
      headers.removeAll { $0.name == "x-oss-forbid-overwrite" }
      headers.append(HeaderField("x-oss-forbid-overwrite", "true"))
    }
    headers.sort()
    let placed = { (kind: RequestKinds) in
      headers.filter { HeaderPlacement.of($0.name).requests.contains(kind) }
    }
    put = placed(.put)
    initiate = placed(.initiate)
    part = placed(.part)
    complete = placed(.complete)
    other = placed(.other)
    explicitContentType = headers.first { $0.name == "content-type" }?.value
    wantsChecksum = settings.checksum == .crc64
    var before = CRC64()
    var after: [UInt8] = []
    for header in headers where HeaderPlacement.of(header.name).isStored {
      for text in [header.name, header.value] {
        if header.name <= "content-type" {
          before.update(text)
        } else {
          after += text.utf8 + [0]
        }
      }
    }
    digestBeforeType = before
    storedAfterType = after
  }

  /// The type that an object gets: the one that was set, else the built-in table's by the source
  /// file's name, then by the key.
  package func contentType(file: String, key: String) -> String {
    explicitContentType ?? ContentTypes.type(file: file, key: key)
  }

  func headers(of operation: Operation) -> [HeaderField] {
    switch operation {
    case .putObject: put
    case .initiateMultipartUpload: initiate
    case .uploadPart: part
    case .completeMultipartUpload: complete
    case .listParts, .abortMultipartUpload, .headObject, .listMultipartUploads: other
    }
  }

  /// The digest of everything in the settings that changes the stored object, for a fingerprint: a
  /// CRC-64 over `name NUL value NUL` of each such header in the order of names, the resolved content
  /// type among them. How the object is sent (part size, overwrite, checksums, retries) is not in it.
  package func digest(contentType: String) -> UInt64 {
    var checksum = digestBeforeType
    for text in ["content-type", contentType] { checksum.update(text) }
    storedAfterType.withUnsafeBytes { checksum.update($0) }
    return checksum.value
  }
}

extension CRC64 {
  /// Continues with a text and a NUL.
  fileprivate mutating func update(_ text: String) {
    var text = text
    text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
    withUnsafeBytes(of: UInt8(0)) { update($0) }
  }
}
