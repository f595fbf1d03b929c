internal import Glibc

/// Which file systems this machine has, and where: read once from the kernel's table, so that asking it
/// touches no file system, and cannot hang where one does not answer.
package struct MountTable: Sendable {
  /// A file system, as `st_dev` of its files names it.
  package typealias Device = UInt64

  private struct Mount: Sendable {
    var path: [UInt8]
    var device: Device
  }

  /// Longer paths first, and of the same path the latest mount, which covers the others.
  private let mounts: [Mount]
  private let inMemory: Set<Device>

  /// The kernel's table now; empty where there is none.
  package init() {
    let path = "/proc/self/mountinfo"
    let text = try? FileDescriptor.open(path, O_RDONLY).readToEnd(limit: 16 << 20, path: path)
    self.init(mountInfo: text ?? [])
  }

  /// `mountInfo`: text as of `/proc/self/mountinfo` (proc(5)).
  init(mountInfo: [UInt8]) {
    var mounts: [Mount] = []
    var inMemory: Set<Device> = []
    for line in mountInfo.split(separator: UInt8(ascii: "\n")) {
      let fields = line.split(separator: UInt8(ascii: " "))
      guard fields.count > 6, let device = Self.device(fields[2]),
        let dash = fields.dropFirst(6).firstIndex(where: { $0.elementsEqual("-".utf8) }),
        dash + 1 < fields.count
      else { continue }
      mounts.append(Mount(path: Self.unescaped(fields[4]), device: device))
      let type = fields[dash + 1]
      if ["tmpfs", "ramfs", "hugetlbfs"].contains(where: { type.elementsEqual($0.utf8) }) {
        inMemory.insert(device)
      }
    }
    self.mounts = mounts.enumerated()
      .sorted { ($0.element.path.count, $0.offset) > ($1.element.path.count, $1.offset) }
      .map(\.element)
    self.inMemory = inMemory
  }

  /// Reading a file of it never waits for anything.
  package func isInMemory(_ device: Device) -> Bool { inMemory.contains(device) }

  /// The file system that an absolute path leads to by its text alone: symbolic links are not followed.
  package func device(ofPath path: some Collection<UInt8>) -> Device {
    mounts.first { Self.contains($0.path, path) }?.device ?? 0
  }

  private static func contains(_ mount: [UInt8], _ path: some Collection<UInt8>) -> Bool {
    guard path.starts(with: mount) else { return false }
    return mount.last == UInt8(ascii: "/")
      || path.dropFirst(mount.count).first.map { $0 == UInt8(ascii: "/") } ?? true
  }

  /// `major:minor` as `st_dev` has them.
  private static func device(_ text: ArraySlice<UInt8>) -> Device? {
    let numbers = text.split(separator: UInt8(ascii: ":")).map {
      Device(String(decoding: $0, as: UTF8.self))
    }
    guard numbers.count == 2, let major = numbers[0], let minor = numbers[1] else { return nil }
    return (major & 0xfff) << 8 | (major & ~0xfff) << 32 | minor & 0xff | (minor & ~0xff) << 12
  }

  /// Spaces and the like are written as `\040`.
  private static func unescaped(_ text: ArraySlice<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = text
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\\"), rest.count >= 3,
        let code = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8)
      {
        bytes.append(code)
        rest.removeFirst(3)
      } else {
        bytes.append(byte)
      }
    }
    return bytes
  }
}
