internal import BatchCore
internal import Checksum

/// A run of `count` small entries, all of it but the ports: every source is there, every request succeeds, every record
/// is durable at once.
func runMachine(_ count: Int) {
  var entries = EntryTable()
  let settings = entries.intern(ObjectSettings())
  for number in 0..<count {
    entries.append(
      Entry(file: "file-\(number)", key: "key-\(number)", settings: settings, line: number + 4))
  }
  let manifest = Manifest(
    name: "benchmark", targets: [Target(bucket: "benchmark")], concurrency: 64, entries: entries)
  var ports = Ports(
    machine: RunMachine(
      manifest: manifest, facts: RunFacts(),
      configuration: RunMachine.Configuration(
        concurrency: 64, run: RunStart(id: "benchmark", time: 0, planned: count))))
  let summary = ports.run()
  precondition(summary.done == count)
}

private struct Ports {
  var machine: RunMachine
  var tickets = 0
  let moment = Moment(monotonic: 1, wall: 1_800_000_000)

  mutating func run() -> RunSummary {
    while true {
      machine.advance(at: moment)
      let commands = machine.commands
      machine.commands.removeAll(keepingCapacity: true)
      for command in commands {
        if case .finish(_, let summary) = command { return summary }
        carryOut(command)
      }
      machine.handle(.durable(upTo: tickets), at: moment)
    }
  }

  private mutating func carryOut(_ command: RunCommand) {
    switch command {
    case .inspect(let entry):
      let source = SourceIdentity(size: 4096, modified: 1, inode: 1, changed: 1)
      let found = InspectedSource(
        identity: EntryIdentity(high: 0, low: UInt64(entry.value)), pathDigest: 0,
        settingsDigest: 0, source: .success(source))
      machine.handle(.inspected(entry, found), at: moment)
    case .readBody(let id, _): machine.handle(.bodyRead(id, .success(())), at: moment)
    case .send(let id, let request):
      let crc64 = CRC64(value: 1)
      let body = SentBody(bytes: request.source.size, crc64: crc64)
      machine.handle(.answered(id, .success(.stored(etag: "e", crc64: crc64)), body), at: moment)
    case .append: tickets += 1
    default: break
    }
  }
}
