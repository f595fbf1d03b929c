import BatchCore
import Checksum

/// OSS as a model: objects, open uploads and their parts, with the real rules of the operations that
/// osbatch uses and real checksums over real (small) contents.
struct ModelService {
  /// An object with what its headers were.
  struct Object: Equatable {
    var bytes: [UInt8]
    var settings: UInt64
    /// Seconds by the service's clock.
    var stored: Int64
    /// How many objects had been stored before.
    var order: Int
    /// The same of the first of the objects of this key that had these bytes, one after another.
    var bytesOrder: Int
  }

  /// What comes with a request beside its operation.
  struct Context {
    var key: String
    var body: [UInt8]
    /// The headers of a Put or an Initiate, as their digest.
    var settings: UInt64
    var forbidOverwrite: Bool
    /// Seconds.
    var time: Int64
  }

  struct Upload {
    var key: String
    var settings: UInt64
    var initiated: Int64
    var parts: [Int: [UInt8]] = [:]
  }

  var objects: [String: Object] = [:]
  var uploads: [String: Upload] = [:]
  private var uploadCount = 0
  private var storedCount = 0
  /// Some services list parts without their checksums.
  var listsChecksums = true

  mutating func perform(_ operation: Operation, _ context: Context) -> Result<Reply, Failure> {
    let (key, body) = (context.key, context.body)
    switch operation {
    case .putObject:
      if context.forbidOverwrite, objects[key] != nil { return .failure(exists) }
      store(body, under: key, settings: context.settings, context)
      return .success(.stored(etag: "put", crc64: checksum(body)))
    case .initiateMultipartUpload:
      if context.forbidOverwrite, objects[key] != nil { return .failure(exists) }
      uploadCount += 1
      uploads["upload-\(uploadCount)"] = Upload(
        key: key, settings: context.settings, initiated: context.time)
      return .success(.initiated(uploadID: "upload-\(uploadCount)"))
    case .uploadPart(let uploadID, let number, _):
      guard uploads[uploadID] != nil else { return .failure(noSuchUpload) }
      uploads[uploadID]?.parts[number] = body
      return .success(.stored(etag: etag(body), crc64: checksum(body)))
    case .listParts(let uploadID, let marker): return list(uploadID, marker)
    case .completeMultipartUpload(let uploadID, let parts):
      return complete(uploadID, parts, context)
    case .abortMultipartUpload(let uploadID):
      return uploads.removeValue(forKey: uploadID) == nil
        ? .failure(noSuchUpload) : .success(.aborted)
    case .headObject:
      guard let object = objects[key] else {
        return .failure(Failure(.noSuchKey, "no such key", status: 404))
      }
      return .success(
        .object(
          StoredObject(
            size: object.bytes.count, etag: "e", crc64: checksum(object.bytes),
            type: "Normal", modified: span(object.stored))))
    case .listMultipartUploads:
      let found = uploads.filter { $0.value.key.hasPrefix(key) }.map {
        UploadsPage.Upload(key: $0.value.key, uploadID: $0.key, initiated: span($0.value.initiated))
      }
      return .success(
        .uploads(UploadsPage(uploads: found.sorted { $0.uploadID < $1.uploadID }, next: nil)))
    }
  }

  /// As well as it can be known.
  private func span(_ time: Int64) -> TimeSpan { TimeSpan(earliest: time - 1, latest: time + 1) }

  private func list(_ uploadID: String, _ marker: Int) -> Result<Reply, Failure> {
    guard let upload = uploads[uploadID] else { return .failure(noSuchUpload) }
    let rest = upload.parts.keys.filter { $0 > marker }.sorted()
    let page = rest.prefix(3).map { number in
      let body = upload.parts[number] ?? []
      return ListedPart(
        number: number, size: body.count, etag: etag(body),
        crc64: listsChecksums ? checksum(body) : nil)
    }
    return .success(
      .parts(PartsPage(parts: page, nextMarker: rest.count > 3 ? page.last?.number : nil)))
  }

  private mutating func complete(
    _ uploadID: String, _ parts: [CompletedPart], _ context: Context
  ) -> Result<Reply, Failure> {
    guard let upload = uploads[uploadID] else { return .failure(noSuchUpload) }
    if context.forbidOverwrite, objects[upload.key] != nil { return .failure(exists) }
    var whole: [UInt8] = []
    for part in parts {
      guard let body = upload.parts[part.number], etag(body) == part.etag else {
        return .failure(Failure(.invalidParts, "InvalidPart", status: 400))
      }
      whole += body
    }
    uploads[uploadID] = nil
    store(whole, under: upload.key, settings: upload.settings, context)
    return .success(.stored(etag: "whole", crc64: checksum(whole)))
  }

  private mutating func store(
    _ bytes: [UInt8], under key: String, settings: UInt64, _ context: Context
  ) {
    let before = objects[key]
    objects[key] = Object(
      bytes: bytes, settings: settings, stored: context.time, order: storedCount,
      bytesOrder: before.flatMap { $0.bytes == bytes ? $0.bytesOrder : nil } ?? storedCount)
    storedCount += 1
  }

  private var noSuchUpload: Failure { Failure(.noSuchUpload, "NoSuchUpload", status: 404) }
  private var exists: Failure { Failure(.alreadyExists, "FileAlreadyExists", status: 409) }
  private func etag(_ body: [UInt8]) -> String { "\"\(checksum(body).value)-\(body.count)\"" }
}

func checksum(_ bytes: some Sequence<UInt8>) -> CRC64 {
  var crc64 = CRC64()
  Array(bytes).withUnsafeBytes { crc64.update($0) }
  return crc64
}
