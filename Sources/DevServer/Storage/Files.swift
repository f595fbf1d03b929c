internal import Glibc
internal import Platform

/// The file operations that storage needs, with errors that name the file.
enum Files {
  private static let copyBytes = 1 << 20

  static func makeDirectory(_ path: String) throws(SystemError) {
    guard mkdir(path, 0o755) == 0 || errno == EEXIST else {
      throw SystemError("create directory", path)
    }
  }

  static func rename(_ old: String, to new: String) throws(SystemError) {
    guard Glibc.rename(old, new) == 0 else { throw SystemError("rename to", new) }
  }

  /// Removes a file; one that is not there is removed already.
  static func remove(_ path: String) throws(SystemError) {
    guard unlink(path) == 0 || errno == ENOENT else { throw SystemError("remove", path) }
  }

  static func removeDirectory(_ path: String) throws(SystemError) {
    for name in try names(in: path) { try remove("\(path)/\(name)") }
    guard rmdir(path) == 0 || errno == ENOENT else { throw SystemError("remove", path) }
  }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// The names in a directory without `.` and `..`; none when there is no such directory.
  static func names(in path: String) throws(SystemError) -> [String] {
    guard let directory = opendir(path) else {
      if errno == ENOENT { return [] }
      throw SystemError("list", path)
    }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names
  }

  static func read(_ path: String) throws(SystemError) -> String {
    let file = try FileDescriptor.open(path, O_RDONLY)
    let size = Int(try file.status(path).st_size)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 1)
    defer { buffer.deallocate() }
    let count = try file.read(into: buffer, at: 0, path: path)
    return String(decoding: buffer[..<count], as: UTF8.self)
  }

  static func write(_ text: String, to path: String) throws(SystemError) {
    let file = try FileDescriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
    try Array(text.utf8).withUnsafeBufferPointer { bytes throws(SystemError) in
      try file.write(UnsafeRawBufferPointer(bytes), path: path)
    }
  }

  /// Appends all of `source` to `target`.
  static func append(_ source: String, to target: borrowing FileDescriptor) throws(SystemError) {
    let file = try FileDescriptor.open(source, O_RDONLY)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: copyBytes, alignment: 16)
    defer { buffer.deallocate() }
    var offset = 0
    while true {
      let count = try file.read(into: buffer, at: offset, path: source)
      if count == 0 { return }
      try target.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]), path: source)
      offset += count
    }
  }

  /// Flips the lowest bit of a file's middle byte; an empty file stays.
  static func flipBit(in path: String) throws(SystemError) {
    let file = try FileDescriptor.open(path, O_RDWR)
    let middle = Int(try file.status(path).st_size) / 2
    var byte: UInt8 = 0
    let count = try withUnsafeMutableBytes(of: &byte) { bytes throws(SystemError) in
      try file.read(into: bytes, at: middle, path: path)
    }
    guard count == 1 else { return }
    byte ^= 1
    guard pwrite(file.raw, &byte, 1, middle) == 1 else { throw SystemError("write", path) }
  }
}

/// An open file that several owners share.
final class OpenFile: Sendable {
  let descriptor: FileDescriptor

  init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }
}
