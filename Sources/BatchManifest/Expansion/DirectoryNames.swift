internal import Glibc
internal import Platform

/// What lies in a directory, sorted as whole paths are: a directory counts as its name with a slash.
struct DirectoryNames {
  enum Kind { case file, directory, link, other, unknown }

  struct Row {
    fileprivate var start: UInt32
    fileprivate var length: UInt32
    var kind: Kind
    /// What the walk notes about it.
    var states = 0
  }

  private var bytes: ContiguousArray<UInt8> = []
  private(set) var rows: ContiguousArray<Row> = []

  /// nil: the directory is not there. `keep` says, for each name, whether it matters, and may settle
  /// what a link leads to.
  init?(
    path: SystemName, keep: (_ name: SystemName, inout Row) -> Bool
  ) throws(SystemError) {
    guard let stream = path.withCString({ opendir($0) }) else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw SystemError("read the directory", path.text)
    }
    defer { closedir(stream) }
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        guard errno == 0 else { throw SystemError("read the directory", path.text) }
        break
      }
      add(entry, keep)
    }
    sort()
  }

  init() {}

  var count: Int { rows.count }

  func name(_ index: Int) -> SystemName {
    let row = rows[index]
    let start = Int(row.start)
    return bytes.withUnsafeBytes {
      SystemName(UnsafeRawBufferPointer(rebasing: $0[start..<start + Int(row.length)]))
    }
  }

  mutating func add(_ name: String, _ row: Row) {
    var row = row
    row.start = UInt32(bytes.count)
    row.length = UInt32(name.utf8.count)
    bytes.append(contentsOf: name.utf8)
    rows.append(row)
  }

  private mutating func add(
    _ entry: UnsafeMutablePointer<dirent>,
    _ keep: (SystemName, inout Row) -> Bool
  ) {
    let offset = MemoryLayout<dirent>.offset(of: \dirent.d_name) ?? 0
    let start = UnsafeRawPointer(entry) + offset
    let name = UnsafeRawBufferPointer(
      start: start, count: strlen(start.assumingMemoryBound(to: CChar.self)))
    if name.elementsEqual(".".utf8) || name.elementsEqual("..".utf8) { return }
    var row = Row(start: 0, length: UInt32(name.count), kind: Self.kind(entry.pointee.d_type))
    guard keep(SystemName(name), &row) else { return }
    row.start = UInt32(bytes.count)
    bytes.append(contentsOf: name)
    rows.append(row)
  }

  private static func kind(_ type: UInt8) -> Kind {
    switch Int(type) {
    case Int(DT_REG): .file
    case Int(DT_DIR): .directory
    case Int(DT_LNK): .link
    case Int(DT_UNKNOWN): .unknown
    default: .other
    }
  }

  mutating func sort() {
    bytes.withUnsafeBufferPointer { bytes in
      rows.sort { left, right in Self.precedes(left, right, bytes) }
    }
  }

  private static func precedes(
    _ left: Row, _ right: Row, _ bytes: UnsafeBufferPointer<UInt8>
  ) -> Bool {
    let shared = Int(min(left.length, right.length))
    for index in 0..<shared {
      let (first, second) = (bytes[Int(left.start) + index], bytes[Int(right.start) + index])
      if first != second { return first < second }
    }
    return next(left, shared, bytes) < next(right, shared, bytes)
  }

  /// The byte of the path at `index`, which is at most the end of the name.
  private static func next(
    _ row: Row, _ index: Int, _ bytes: UnsafeBufferPointer<UInt8>
  ) -> Int {
    if index < Int(row.length) { return Int(bytes[Int(row.start) + index]) }
    return row.kind == .directory ? Int(UInt8(ascii: "/")) : -1
  }
}

extension DirectoryNames.Row {
  init(kind: DirectoryNames.Kind, states: Int) {
    start = 0
    length = 0
    self.kind = kind
    self.states = states
  }
}
