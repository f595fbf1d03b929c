internal import Glibc
internal import Platform

/// Reads what an earlier server left below the root, and finishes what it was killed in.
struct StorageLoader {
  let layout: StorageLayout

  func load() throws(DevServerError) -> [String: Bucket] {
    do throws(SystemError) {
      try Files.makeDirectory(layout.incoming)
      var buckets: [String: Bucket] = [:]
      for name in try Files.names(in: layout.root) where isBucket(name) {
        buckets[name] = try bucket(name)
      }
      for name in try Files.names(in: layout.incoming) {
        try Files.remove("\(layout.incoming)/\(name)")
      }
      return buckets
    } catch {
      throw .storage(error)
    }
  }

  /// Other things below the root are left alone; so is a bucket that was killed while it was made,
  /// whose last directory is missing.
  private func isBucket(_ name: String) -> Bool {
    RequestTarget.isLegalBucketName(name) && Files.exists(layout.uploads(name))
  }

  private func bucket(_ name: String) throws(SystemError) -> Bucket {
    var bucket = Bucket(created: try created(layout.bucket(name)))
    for file in try Files.names(in: layout.metadata(name)) {
      if let object = try object(name, file) { bucket.insert(object) }
    }
    let known = Set(bucket.objects.keys.map(FileNames.name))
    for file in try Files.names(in: layout.objects(name)) where !known.contains(file) {
      try Files.remove("\(layout.objects(name))/\(file)")
    }
    for identifier in try Files.names(in: layout.uploads(name)) {
      if let upload = try upload(name, identifier) { bucket.uploads[identifier] = upload }
    }
    return bucket
  }

  private func created(_ directory: String) throws(SystemError) -> Int64 {
    let status = try FileDescriptor.open(directory, O_RDONLY | O_DIRECTORY).status(directory)
    return Int64(status.st_mtim.tv_sec)
  }

  /// The object of a metadata file. One whose bytes somebody has removed by hand is gone.
  private func object(_ bucket: String, _ file: String) throws(SystemError) -> StoredObject? {
    let path = "\(layout.metadata(bucket))/\(file)"
    guard let record = Record(try Files.read(path)), let object = StoredObject(record),
      let data = record.fields["data"], FileNames.name(for: object.key) == file
    else { throw SystemError("understand", path, code: EBADMSG) }
    let incoming = "\(layout.incoming)/\(data)"
    if Files.exists(incoming) {
      try Files.rename(incoming, to: layout.object(bucket, object.key))
    }
    guard Files.exists(layout.object(bucket, object.key)) else {
      try Files.remove(path)
      return nil
    }
    return object
  }

  /// An upload whose record is missing was killed in Initiate or Abort: it never was, or is gone.
  private func upload(_ bucket: String, _ identifier: String) throws(SystemError) -> OpenUpload? {
    let directory = layout.upload(bucket, identifier)
    let path = "\(directory)/\(StorageLayout.uploadRecord)"
    guard Files.exists(path) else {
      try Files.removeDirectory(directory)
      return nil
    }
    guard let record = Record(try Files.read(path)),
      var upload = OpenUpload(identifier: identifier, record)
    else { throw SystemError("understand", path, code: EBADMSG) }
    for file in try Files.names(in: directory).sorted() where file != StorageLayout.uploadRecord {
      let status = try FileDescriptor.open("\(directory)/\(file)", O_RDONLY).status(file)
      let part = StoredPart(
        fileName: file, size: Int(status.st_size), modified: Int64(status.st_mtim.tv_sec))
      if let part { upload.parts[part.number] = part }
    }
    return upload
  }
}
