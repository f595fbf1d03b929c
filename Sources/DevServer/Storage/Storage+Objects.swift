internal import Glibc
internal import Platform

extension Storage {
  func receive(damaged: Bool) throws(ServiceError) -> IncomingFile {
    let path = incomingPath()
    return try ServiceError.storing { () throws(SystemError) in
      try IncomingFile(path: path, damaged: damaged)
    }
  }

  func object(_ bucket: String, _ key: ObjectKey) -> StoredObject? {
    read(bucket) { $0.objects[key] }
  }

  /// The object and its bytes, which stay readable when the object is replaced meanwhile.
  func open(
    _ bucket: String, _ key: ObjectKey
  ) throws(ServiceError) -> (object: StoredObject, file: OpenFile) {
    try change(bucket) { bucketState throws(StorageFailure) in
      guard let object = bucketState.objects[key] else { throw .refusal(.noSuchKey(key)) }
      let file = try StorageFailure.of { () throws(SystemError) in
        OpenFile(try FileDescriptor.open(layout.object(bucket, key), O_RDONLY))
      }
      return (object, file)
    }
  }

  /// Stores an object whose bytes have arrived; `upload` is the multipart upload it ends.
  func store(
    _ object: StoredObject, _ file: SealedFile, in bucket: String,
    forbidOverwrite: Bool, ending upload: OpenUpload? = nil
  ) throws(ServiceError) {
    let record = incomingPath()
    try ServiceError.storing { () throws(SystemError) in
      try Files.write(object.record(data: file.name).text, to: record)
    }
    try change(bucket) { state throws(StorageFailure) in
      if let upload, state.uploads[upload.identifier] == nil {
        throw .refusal(.noSuchUpload(upload.identifier, .complete))
      }
      if forbidOverwrite, state.objects[object.key] != nil {
        throw .refusal(.fileAlreadyExists(object.key))
      }
      try StorageFailure.of { () throws(SystemError) in
        try Files.rename(record, to: layout.metadata(bucket, object.key))
        try Files.rename(file.path, to: layout.object(bucket, object.key))
      }
      state.insert(object)
      if let upload { try drop(upload.identifier, of: bucket, &state) }
    }
  }

  func delete(_ bucket: String, _ key: ObjectKey) throws(ServiceError) {
    try change(bucket) { state throws(StorageFailure) in
      guard state.objects[key] != nil else { return }
      try StorageFailure.of { () throws(SystemError) in
        try Files.remove(layout.metadata(bucket, key))
        try Files.remove(layout.object(bucket, key))
      }
      state.remove(key)
    }
  }
}
