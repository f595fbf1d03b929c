internal import Glibc

// Does one of the program's hot parts COUNT times, and nothing else, so that its instructions can be counted from
// outside: `osbatch-benchmarks PART COUNT`. Run twice, with COUNT and with twice as many, the difference is the cost of
// COUNT of them alone. `scripts/check speed` does that.

let parts: [String: (Int) throws -> Void] = [
  "checksum": checksum, "sign": sign, "manifest": readManifest, "journal": writeJournal,
  "replay": replayJournal, "machine": runMachine,
]

let arguments = CommandLine.arguments.dropFirst()
guard arguments.count == 2, let part = parts[arguments[1]], let count = Int(arguments[2]), count > 0
else {
  let names = parts.keys.sorted().joined(separator: "|")
  print("usage: osbatch-benchmarks \(names) COUNT")
  exit(2)
}
try part(count)
