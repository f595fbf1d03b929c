internal import Foundation
internal import Testing

/// How an invocation with JSON output ended, every line of it parsed.
package struct Outcome {
  package var code: Int
  package var events: [Event]
  package var errors: String
  package var summary: Event

  /// Checks what holds for every run: lines of JSON with a type and a time, the summary last and
  /// only there, and entries that add up.
  package init(_ end: Child.End) throws {
    code = end.code
    errors = end.errors
    events = try end.output.split(separator: "\n").map { try Event($0) }
    summary = try #require(events.last, "no output, but: \(end.errors)")
    #expect(end.output.hasSuffix("\n"))
    #expect(summary.type == "summary")
    #expect(events.dropLast().allSatisfy { $0.type != "summary" })
    #expect(events.allSatisfy { $0.text("time")?.hasSuffix("Z") == true })
    let parts = ["done", "unchanged", "failed", "not_run"].map { summary.number($0) }
    #expect(summary.number("planned") == parts.reduce(0, +))
    let expected = ["done": 0, "partial": 1, "stopped": 5]
    if let exit = expected[state], code < 100 { #expect(code == exit, "state \(state)") }
  }

  package var state: String { summary.text("state") ?? "" }

  package subscript(name: String) -> Int { summary.number(name) }

  package func events(_ type: String, key: String? = nil) -> [Event] {
    events.filter { $0.type == type && (key == nil || $0.text("key") == key) }
  }

  /// The one event of this type about this key.
  package func event(_ type: String, key: String) throws -> Event {
    let found = events(type, key: key)
    try #require(found.count == 1, "\(type) of \(key): \(found)")
    return found[0]
  }
}

/// One line of JSON.
package struct Event: CustomStringConvertible {
  package let description: String
  private let fields: [String: Any]

  package init(_ line: Substring) throws {
    description = String(line)
    let value = try JSONSerialization.jsonObject(with: Data(line.utf8))
    fields = try #require(value as? [String: Any], "not an object: \(line)")
  }

  package var type: String { text("type") ?? "" }
  package func text(_ name: String) -> String? { fields[name] as? String }
  package func flag(_ name: String) -> Bool? { fields[name] as? Bool }
  /// -1 when it is not there, which no number of ours is.
  package func number(_ name: String) -> Int { (fields[name] as? NSNumber)?.intValue ?? -1 }
}
