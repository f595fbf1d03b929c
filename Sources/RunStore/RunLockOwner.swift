internal import Glibc
internal import Platform

/// Who holds, or last held, the lock of a state directory, as the `lock` file tells it.
package struct RunLockOwner: Sendable, Equatable, CustomStringConvertible {
  package var host: String
  package var process: Int32
  /// When it took the lock, seconds since 1970.
  package var since: Int64
  /// When the process began, in clock ticks since the boot: a later process with the same number
  /// is thereby known to be another one.
  var processStart: Int

  package var description: String {
    "process \(process) on \(host), since "
      + WallClock.formatted(seconds: since, "%Y-%m-%dT%H:%M:%SZ")
  }

  /// Whether that process still runs; nil when it is on another host.
  package var isAlive: Bool? {
    guard host == Self.currentHost else { return nil }
    return Self.startTicks(of: process) == processStart
  }

  /// A run of another process goes on, as far as that can be known.
  package var mayRun: Bool {
    isAlive != false && !(host == Self.currentHost && process == getpid())
  }

  /// The owner written in the `lock` file, without taking the lock. nil: nobody holds it, or the
  /// owner has not yet written its name. A killed owner's name stays; see `isAlive`.
  package static func read(in directory: RunDirectory) throws(StoreError) -> RunLockOwner? {
    do throws(SystemError) {
      return try read(FileDescriptor.open(directory.lock, O_RDONLY | O_NOFOLLOW), directory.lock)
    } catch {
      if error.code == ENOENT { return nil }
      throw .io(error)
    }
  }

  private static func read(
    _ file: borrowing FileDescriptor, _ path: String
  ) throws(SystemError) -> RunLockOwner? {
    var bytes = [UInt8](repeating: 0, count: maximumBytes)
    let count = try file.readBytes(into: &bytes, at: 0, path: path)
    guard let end = bytes[..<count].firstIndex(of: UInt8(ascii: "\n")),
      var fields = FieldScanner(sealed: bytes, 0..<end),
      fields.byte() == UInt8(ascii: "l"),
      let host = fields.text(), let process = fields.decimal(), let since = fields.decimal(),
      let start = fields.decimal(), fields.isAtEnd
    else { return nil }
    return RunLockOwner(
      host: host, process: Int32(clamping: process), since: Int64(since), processStart: start)
  }

  /// Longer than any line that `line` makes.
  private static let maximumBytes = 1_024

  static var current: RunLockOwner {
    let process = getpid()
    return RunLockOwner(
      host: currentHost, process: process, since: WallClock.seconds,
      processStart: startTicks(of: process) ?? 0)
  }

  var line: [UInt8] {
    var line = LineBuffer()
    line.begin(UInt8(ascii: "l"))
    line.field(text: host)
    line.field(decimal: Int(process))
    line.field(decimal: Int(since))
    line.field(decimal: processStart)
    line.seal()
    return line.bytes
  }

  /// The states of such processes.
  private static let ended: [[UInt8]] = [Array("Z".utf8), Array("X".utf8)]

  private static var currentHost: String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "localhost" }
    return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// Field 22 of `/proc/<pid>/stat`; the command's name before it may hold spaces and parentheses.
  /// nil: there is no such process, or it has ended and only its parent has not noticed yet.
  private static func startTicks(of process: Int32) -> Int? {
    let path = "/proc/\(process)/stat"
    var bytes = [UInt8](repeating: 0, count: 4_096)
    do throws(SystemError) {
      let count = try FileDescriptor.open(path, O_RDONLY).readBytes(into: &bytes, at: 0, path: path)
      guard let name = bytes[..<count].lastIndex(of: UInt8(ascii: ")")) else { return nil }
      let fields = bytes[name..<count].split(separator: UInt8(ascii: " "))
      guard fields.count > 20, !ended.contains(Array(fields[1])) else { return nil }
      return Int(String(decoding: fields[20], as: UTF8.self))
    } catch {
      return nil
    }
  }
}
