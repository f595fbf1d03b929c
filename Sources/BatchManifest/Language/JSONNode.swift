/// A JSON value (RFC 8259) that is written indented, its members in the order given: for a document
/// that people read and compare. (Indirect: the compiler, which takes files in batches, calls it circular in some.)
indirect enum JSONNode: ExpressibleByStringLiteral {
  case string(String)
  case integer(Int)
  case boolean(Bool)
  case array([JSONNode])
  case object([(String, JSONNode)])

  init(stringLiteral text: String) { self = .string(text) }

  var text: String {
    var text = ""
    write(to: &text, indentation: "")
    return text
  }

  private func write(to text: inout String, indentation: String) {
    switch self {
    case .string(let value): Self.write(value, to: &text)
    case .integer(let value): text += "\(value)"
    case .boolean(let value): text += value ? "true" : "false"
    case .array(let items) where items.allSatisfy(\.isScalar):
      text += "["
      for (index, item) in items.enumerated() {
        if index > 0 { text += ", " }
        item.write(to: &text, indentation: indentation)
      }
      text += "]"
    case .array(let items):
      Self.write(items.map { ("", $0) }, "[", "]", to: &text, indentation)
    case .object(let members):
      Self.write(members, "{", "}", to: &text, indentation)
    }
  }

  private var isScalar: Bool {
    switch self {
    case .string, .integer, .boolean: true
    case .array, .object: false
    }
  }

  /// One member a line; the items of an array have no names.
  private static func write(
    _ members: [(name: String, value: JSONNode)], _ open: String, _ close: String,
    to text: inout String, _ indentation: String
  ) {
    text += open
    for (index, member) in members.enumerated() {
      text += "\(index > 0 ? "," : "")\n\(indentation)  "
      if !member.name.isEmpty {
        write(member.name, to: &text)
        text += ": "
      }
      member.value.write(to: &text, indentation: indentation + "  ")
    }
    text += members.isEmpty ? close : "\n\(indentation)\(close)"
  }

  private static func write(_ value: String, to text: inout String) {
    text += "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"", "\\": text += "\\\(scalar)"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
