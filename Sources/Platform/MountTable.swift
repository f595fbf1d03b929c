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
  /// Those in memory too.
  private let local: Set<Device>

  /// The kernel's table now; empty where there is none.
  package init() {
    let path = "/proc/self/mountinfo"
    let text = try? FileDescriptor.open(path, O_RDONLY).readToEnd(limit: 16 << 20, path: path)
    self.init(mountInfo: text ?? [])
  }

  /// `mountInfo`: text as of `/proc/self/mountinfo` (proc(5)).
  init(mountInfo: [UInt8]) {
    var mounts: [Mount] = []
    var (inMemory, local): (Set<Device>, Set<Device>) = ([], [])
    mountInfo.withUnsafeBufferPointer { text in
      var lines = Words(text[...], separator: UInt8(ascii: "\n"))
      while let line = lines.next() {
        guard let (mount, type) = Self.mount(line) else { continue }
        mounts.append(mount)
        if Self.typesInMemory.contains(where: { type.elementsEqual($0.utf8) }) {
          inMemory.insert(mount.device)
          local.insert(mount.device)
        } else if Self.localTypes.contains(where: { type.elementsEqual($0.utf8) }) {
          local.insert(mount.device)
        }
      }
    }
    self.mounts = mounts.indices
      .sorted { (mounts[$0].path.count, $0) > (mounts[$1].path.count, $1) }
      .map { mounts[$0] }
    self.inMemory = inMemory
    self.local = local
  }

  private static let typesInMemory = ["tmpfs", "ramfs", "hugetlbfs"]
  /// Btrfs is not among them for `Device`: its files have other numbers than its mounts.
  private static let localTypes = ["ext2", "ext3", "ext4", "xfs", "f2fs"]

  /// Reading a file of it never waits for anything.
  package func isInMemory(_ device: Device) -> Bool { inMemory.contains(device) }

  /// No other machine changes it: what the kernel has in memory of a file is how the file is.
  package func isLocal(_ device: Device) -> Bool { local.contains(device) }

  /// The file system that an absolute path leads to by its text alone: symbolic links are not followed.
  package func device(ofPath path: String) -> Device {
    var path = path
    return path.withUTF8 { path in mounts.first { Self.contains($0.path, path) }?.device ?? 0 }
  }

  private static func contains(_ mount: [UInt8], _ path: UnsafeBufferPointer<UInt8>) -> Bool {
    guard path.starts(with: mount) else { return false }
    return mount.last == UInt8(ascii: "/") || path.count == mount.count
      || path[mount.count] == UInt8(ascii: "/")
  }

  /// A line of the table; nil: it is none.
  private static func mount(_ line: Words.Word) -> (Mount, type: Words.Word)? {
    var fields = Words(line, separator: UInt8(ascii: " "))
    guard fields.next() != nil, fields.next() != nil, let number = fields.next(),
      let device = device(number), fields.next() != nil, let path = fields.next(),
      fields.next() != nil
    else { return nil }
    while let field = fields.next() {
      guard field.elementsEqual("-".utf8) else { continue }
      guard let type = fields.next() else { return nil }
      return (Mount(path: unescaped(path), device: device), type)
    }
    return nil
  }

  /// `major:minor` as `st_dev` has them.
  private static func device(_ text: Words.Word) -> Device? {
    var numbers = Words(text, separator: UInt8(ascii: ":"))
    guard let major = numbers.next().flatMap({ number($0) }),
      let minor = numbers.next().flatMap({ number($0) }), numbers.next() == nil
    else { return nil }
    return (major & 0xfff) << 8 | (major & ~0xfff) << 32 | minor & 0xff | (minor & ~0xff) << 12
  }

  private static func number(_ digits: Words.Word, radix: UInt64 = 10) -> UInt64? {
    var value: UInt64 = 0
    for digit in digits {
      let units = UInt64(digit &- UInt8(ascii: "0"))
      guard units < radix, value <= UInt64(UInt32.max) else { return nil }
      value = value * radix + units
    }
    return value
  }

  /// Spaces and the like are written as `\040`.
  private static func unescaped(_ text: Words.Word) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var rest = text
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\\"), rest.count >= 3,
        let code = number(rest.prefix(3), radix: 8), code <= UInt8.max
      {
        bytes.append(UInt8(code))
        rest.removeFirst(3)
      } else {
        bytes.append(byte)
      }
    }
    return bytes
  }

  /// The words of a text in their order, where they lie; of several separators in a row only the first counts.
  private struct Words {
    typealias Word = Slice<UnsafeBufferPointer<UInt8>>

    private var rest: Word
    private let separator: UInt8

    init(_ text: Word, separator: UInt8) {
      rest = text
      self.separator = separator
    }

    mutating func next() -> Word? {
      while rest.first == separator { rest.removeFirst() }
      guard !rest.isEmpty else { return nil }
      let word = rest.prefix { [separator] in $0 != separator }
      rest = rest[word.endIndex...]
      return word
    }
  }
}
