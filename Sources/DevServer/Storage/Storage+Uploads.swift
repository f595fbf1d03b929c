internal import Checksum
internal import Glibc
internal import Platform

extension Storage {
  /// The open upload with this identifier, if it is one of this key.
  func upload(_ bucket: String, _ identifier: String, _ key: ObjectKey) -> OpenUpload? {
    guard let upload = read(bucket, { $0.uploads[identifier] }), upload.key == key else {
      return nil
    }
    return upload
  }

  func open(_ upload: OpenUpload, in bucket: String) throws(ServiceError) {
    let directory = layout.upload(bucket, upload.identifier)
    try change(bucket) { state throws(StorageFailure) in
      try StorageFailure.of { () throws(SystemError) in
        let record = "\(directory)/\(StorageLayout.uploadRecord)"
        let incoming = "\(layout.incoming)/\(upload.identifier)"
        try Files.write(upload.record.text, to: incoming)
        try Files.makeDirectory(directory)
        try Files.rename(incoming, to: record)
      }
      state.uploads[upload.identifier] = upload
    }
  }

  /// Stores a part whose bytes have arrived; it replaces an earlier one of the same number.
  func store(
    _ file: SealedFile, asPart number: Int, of identifier: String, in bucket: String
  ) throws(ServiceError) -> StoredPart {
    let fileName = StoredPart.fileName(
      number: number, time: WallClock.nanoseconds, checksum: file.checksum.value, md5: file.md5)
    let part = StoredPart(
      number: number, size: file.size, modified: WallClock.seconds, checksum: file.checksum.value,
      md5: file.md5, fileName: fileName)
    return try change(bucket) { state throws(StorageFailure) in
      guard let replaced = state.uploads[identifier] else {
        throw .refusal(.noSuchUpload(identifier, .part))
      }
      try StorageFailure.of { () throws(SystemError) in
        try Files.rename(file.path, to: layout.part(bucket, identifier, part))
        if let old = replaced.parts[number] {
          try Files.remove(layout.part(bucket, identifier, old))
        }
      }
      state.uploads[identifier]?.parts[number] = part
      return part
    }
  }

  func abort(_ identifier: String, _ key: ObjectKey, in bucket: String) throws(ServiceError) {
    try change(bucket) { state throws(StorageFailure) in
      guard state.uploads[identifier]?.key == key else {
        throw .refusal(.noSuchUpload(identifier, .abort))
      }
      try drop(identifier, of: bucket, &state)
    }
  }

  /// Removes an upload's files, its record first: without it the rest means nothing to a start.
  func drop(
    _ identifier: String, of bucket: String, _ state: inout Bucket
  ) throws(StorageFailure) {
    let directory = layout.upload(bucket, identifier)
    try StorageFailure.of { () throws(SystemError) in
      try Files.remove("\(directory)/\(StorageLayout.uploadRecord)")
      try Files.removeDirectory(directory)
    }
    state.uploads[identifier] = nil
  }

  /// The bytes of all parts, one after the other, in a new incoming file.
  func assemble(
    _ parts: [StoredPart], of upload: OpenUpload, in bucket: String
  ) throws(ServiceError) -> SealedFile {
    let path = incomingPath()
    var checksum = CRC64()
    var size = 0
    for part in parts {
      checksum = CRC64.combine(checksum, CRC64(value: part.checksum), lengthOfB: part.size)
      size += part.size
    }
    let sealed = SealedFile(path: path, size: size, checksum: checksum, md5: [])
    try ServiceError.storing { () throws(SystemError) in
      let file = try FileDescriptor.open(path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
      for part in parts {
        try Files.append(layout.part(bucket, upload.identifier, part), to: file)
      }
    }
    return sealed
  }
}
