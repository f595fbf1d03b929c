/// Builds the small XML documents of the service's replies.
struct XMLWriter {
  private(set) var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

  mutating func element(_ name: String, _ content: String) {
    text += "<\(name)>\(XMLWriter.escaped(content))</\(name)>"
  }

  mutating func element(_ name: String, _ number: Int) { element(name, String(number)) }

  mutating func element(_ name: String, children: (inout XMLWriter) -> Void) {
    text += "<\(name)>"
    children(&self)
    text += "</\(name)>"
  }

  static func document(_ root: String, children: (inout XMLWriter) -> Void) -> String {
    var writer = XMLWriter()
    writer.element(root, children: children)
    return writer.text + "\n"
  }

  /// Control characters become references although XML 1.0 has no place for them: OSS breaks its
  /// documents too, which is why clients ask for `encoding-type=url` (OSS API reference, "Object and bucket naming").
  private static func escaped(_ content: String) -> String {
    var result = ""
    for scalar in content.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\t", "\n": result.unicodeScalars.append(scalar)
      case "\u{0}"..<"\u{20}", "\u{7F}": result += "&#\(scalar.value);"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
