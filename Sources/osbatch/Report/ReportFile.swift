internal import BatchRunner
internal import Glibc
internal import Platform
internal import RunStore

/// A report's file: it appears whole or not at all. What is written first lies beside it and takes its
/// place by a rename; a link stays and its destination is replaced; a pipe or device is just written to.
struct ReportFile {
  /// As the user has named it.
  let path: String

  private enum Destination {
    case file(String, mode: mode_t?)
    case stream
  }

  init(_ path: String) { self.path = path }

  /// Finds out, before there is anything to write, what would keep it from being written.
  func check() throws(SystemError) {
    switch try destination() {
    case .stream: try permit(access(path, W_OK))
    case .file(let file, _): try permit(access(Self.directory(of: file), W_OK | X_OK))
    }
  }

  /// It may not take the place of what osbatch reads and keeps.
  func spare(_ manifest: String, _ state: RunDirectory) throws(StartError) {
    let kept = [
      (manifest, "the manifest"), (state.journal, "the journal"), (state.lock, "the lock"),
    ]
    var own = stat()
    guard stat(path, &own) == 0 else { return }
    for (place, name) in kept {
      var other = stat()
      guard stat(place, &other) == 0, own.st_dev == other.st_dev, own.st_ino == other.st_ino
      else { continue }
      throw StartError("cannot write the report \(path): it is \(name): name another file")
    }
  }

  func write(_ body: (OutputStream) -> Void) throws(SystemError) {
    switch try destination() {
    case .stream: try fill(path, O_WRONLY, mode: nil, body)
    case .file(let file, let mode):
      let name = String(UInt64.random(in: .min ... .max), radix: 36)
      let temporary = "\(Self.directory(of: file))/.osbatch-report-\(name)"
      do throws(SystemError) {
        try fill(temporary, O_WRONLY | O_CREAT | O_EXCL, mode: mode, body)
        try permit(rename(temporary, file))
      } catch {
        unlink(temporary)
        throw error
      }
    }
  }

  private func fill(
    _ name: String, _ flags: CInt, mode: mode_t?, _ body: (OutputStream) -> Void
  ) throws(SystemError) {
    let file: FileDescriptor
    do throws(SystemError) {
      file = try FileDescriptor.open(name, flags, mode: 0o666)
    } catch {
      throw failure(error.code)
    }
    if let mode { try permit(fchmod(file.raw, mode)) }
    let output = OutputStream(file.raw)
    body(output)
    output.flush()
    if let code = output.failure { throw failure(code) }
    // What cannot be flushed (a pipe) has nothing to lose.
    guard fsync(file.raw) != 0, errno != EINVAL, errno != EROFS else { return }
    throw failure(errno)
  }

  private func destination() throws(SystemError) -> Destination {
    var status = stat()
    guard stat(path, &status) == 0 else {
      guard errno == ENOENT else { throw failure(errno) }
      return .file(try endOfLinks(), mode: nil)
    }
    switch status.st_mode & S_IFMT {
    case S_IFDIR: throw failure(EISDIR)
    case S_IFREG:
      guard let resolved = realpath(path, nil) else { throw failure(errno) }
      defer { free(resolved) }
      guard let file = String(validatingCString: resolved) else { throw failure(EILSEQ) }
      return .file(file, mode: status.st_mode & 0o777)
    default: return .stream
    }
  }

  /// What is to be made where nothing is yet: the path itself, or what the link leads to that stands there.
  private func endOfLinks() throws(SystemError) -> String {
    var file = path
    // More the kernel does not follow either.
    for _ in 0..<40 {
      var target = [CChar](repeating: 0, count: Int(PATH_MAX))
      let length = readlink(file, &target, target.count)
      if length < 0 { return file }
      let bytes = target[..<length].map { UInt8(bitPattern: $0) }
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw failure(EILSEQ)
      }
      file = text.utf8.first == UInt8(ascii: "/") ? text : "\(Self.directory(of: file))/\(text)"
    }
    throw failure(ELOOP)
  }

  private func permit(_ result: CInt) throws(SystemError) {
    if result != 0 { throw failure(errno) }
  }

  private func failure(_ code: CInt) -> SystemError {
    SystemError("write the report", path, code: code)
  }

  private static func directory(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
