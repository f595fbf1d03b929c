internal import BatchCore
internal import BatchManifest
internal import Checksum
internal import Glibc
internal import OSSProtocol
internal import RunStore

/// CRC64 of `count` MiB in the pieces in which bodies leave.
func checksum(_ count: Int) {
  let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)
  defer { piece.deallocate() }
  piece.initializeMemory(as: UInt8.self, repeating: 0x5A)
  var crc64 = CRC64()
  for _ in 0..<(4 * count) { crc64.update(UnsafeRawBufferPointer(piece)) }
  precondition(crc64.value != 0)
}

/// `count` signed requests, each a PutObject of a key of its own.
func sign(_ count: Int) throws {
  let target = Target(bucket: "benchmark", region: "cn-hangzhou")
  let signer = RequestSigner(try Endpoint(target, environment: { _ in nil }))
  let credentials = try Credentials(accessKeyID: "benchmark", accessKeySecret: "benchmark")
  var settings = ObjectSettings()
  settings.headers = [HeaderField("x-oss-storage-class", "IA")]
  let prepared = PreparedSettings(settings)
  for number in 0..<count {
    let request = ObjectRequest(
      .putObject, key: "backups/2026-01-31/file-\(number).bin", contentLength: 4096)
    let signed = try signer.sign(
      request, settings: prepared, credentials: credentials, at: 1_800_000_000)
    precondition(!signed.headerLines.isEmpty)
  }
}

/// A manifest of `count` entries, some with settings of their own, from its bytes.
func readManifest(_ count: Int) throws {
  var text = "version: 1\ntarget: {bucket: benchmark, region: cn-hangzhou}\nentries:\n"
  for number in 0..<count {
    text +=
      "  - file: data/d\(number / 1000)/file-\(number).bin\n    key: backups/file-\(number).bin\n"
    if number.isMultiple(of: 8) { text += "    storage_class: IA\n" }
  }
  let run = RunMoment { RunStart(id: "benchmark", time: 0, planned: 0) }
  let manifest = try ManifestReader.read(
    bytes: Array(text.utf8), path: "manifest.yaml", in: ManifestContext(environment: [:], run: run))
  precondition(manifest.entries.count == count)
}

/// A journal of `count` done entries, written in batches.
func writeJournal(_ count: Int) throws { try withJournal(of: count) { _ in } }

/// The facts of a journal of `count` done entries. (The cost of writing it is counted with it.)
func replayJournal(_ count: Int) throws {
  try withJournal(of: count) { directory in
    let facts = try Journal.facts(in: directory)
    precondition(facts.doneCount == count)
  }
}

private func withJournal(of count: Int, _ body: (RunDirectory) throws -> Void) throws {
  var template = Array("/tmp/osbatch-benchmarks.XXXXXX\0".utf8CString)
  guard mkdtemp(&template) != nil else { preconditionFailure("mkdtemp: \(errno)") }
  let path = String(
    decoding: template.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  let directory = RunDirectory(path + "/state")
  try fillJournal(directory, count)
  try body(directory)
  for name in ["/state/journal", "/state/lock"] { unlink(path + name) }
  for name in ["/state/checkpoints", "/state", ""] { rmdir(path + name) }
}

private func fillJournal(_ directory: RunDirectory, _ count: Int) throws {
  try directory.prepare()
  let lock = try RunLock.acquire(in: directory, timeout: .zero)
  var facts = RunFacts()
  var journal = try Journal.open(in: directory, lock: lock, facts: &facts)
  for number in 0..<count {
    let fingerprint = Fingerprint(
      path: UInt64(number) &* 0x9E37_79B9_7F4A_7C15, size: 4096,
      modified: 1_800_000_000_000_000_000,
      inode: UInt64(number + 1_000_000), settings: 0x0123_4567_89AB_CDEF)
    let fact = DoneFact(
      fingerprint: fingerprint, crc64: CRC64(value: fingerprint.path), verified: true)
    try journal.add(.done(EntryIdentity(high: fingerprint.path, low: UInt64(number)), fact))
    if number % 64 == 63 { try journal.commit() }
  }
  try journal.commit()
}
