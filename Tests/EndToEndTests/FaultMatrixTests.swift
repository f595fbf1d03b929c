import Foundation
import TestKit
import Testing

/// Runs the table of FaultMatrix.md, row by row.
@Suite struct FaultMatrixTests {
  /// A line of the table.
  struct Row: CustomTestStringConvertible, Sendable {
    var operation: String
    var fault: String
    var exit: Int
    var isStored: Bool
    var leftOpen: Int
    /// Operations as the server's log names them.
    var requests: [String]

    /// How often such an operation is tried before its entry fails depends on what is answered meanwhile.
    var isEndless: Bool { fault.hasPrefix("always") }

    /// Only its stall ends it.
    var isSlow: Bool { fault.contains("stall") || fault.contains("drip") }

    var testDescription: String { "\(operation) \(fault)" }

    init?(_ line: Substring, operation: String) {
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      guard cells.count == 5, cells[0].hasPrefix("`"), let exit = Int(cells[1]),
        let leftOpen = Int(cells[3])
      else { return nil }
      self.operation = operation
      fault = cells[0].filter { $0 != "`" }
      self.exit = exit
      isStored = cells[2] == "stored"
      self.leftOpen = leftOpen
      requests = cells[4].split(separator: " ").flatMap { word in
        let halves = word.split(separator: "×")
        let count = halves.count == 2 ? Int(halves[0]) ?? 0 : 1
        return Array(repeating: String(halves.last ?? ""), count: count)
      }
    }
  }

  static let rows: [Row] = {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "FaultMatrix.md")
    guard let text = try? String(contentsOf: file, encoding: .utf8) else { return [] }
    var rows: [Row] = []
    var operation = ""
    for line in text.split(separator: "\n") {
      if line.hasPrefix("## ") { operation = String(line.dropFirst(3)) }
      if let row = Row(line, operation: operation) { rows.append(row) }
    }
    return rows
  }()

  @Test func theTableIsThere() { #expect(Self.rows.count >= 260) }

  @Test(arguments: rows) func everyRowIsTrue(row: Row) throws {
    let stage = try Stage()
    let bytes = try prepare(stage, row.operation)
    try stage.server.fault("\(row.operation) \(row.fault)")
    if row.operation == "head" { try stage.server.fault("complete reset=after-effect") }
    if row.operation == "list_uploads" { try stage.server.fault("initiate reset=after-effect") }
    let run = row.isSlow ? try stage.run("--stall-timeout", "1s") : try stage.run()
    #expect(run.code == row.exit, "\(run.errors)")
    let requests = try stage.server.operations()
    if row.isEndless {
      #expect(Set(requests) == Set(row.requests), "\(requests)")
      #expect(requests.count <= row.requests.count + 4, "\(requests)")
    } else {
      #expect(requests == row.requests)
    }
    let stored = try stage.server.object("large")?.bytes
    #expect(stored == (row.isStored ? bytes : nil), "\(stored?.count ?? 0) bytes are stored")
    #expect(try stage.server.statistics().open_uploads == row.leftOpen)
  }

  /// The manifest and its file, and where the operation needs one, an upload that was interrupted.
  private func prepare(_ stage: Stage, _ operation: String) throws -> [UInt8] {
    var bytes = try stage.large(
      parts: operation == "put" ? 1 : 3, concurrency: 1, settings: "retries: 2")
    guard ["list_parts", "abort"].contains(operation) else { return bytes }
    try stage.killWithGap(part: 3, parts: 3)
    if operation == "abort" {
      bytes = try stage.directory.write("large", content(3 * Stage.partSize + 7, seed: 2))
    }
    return bytes
  }
}
