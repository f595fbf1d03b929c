/// An element of a reply that has been read whole.
struct XMLElement: Equatable {
  let name: String
  /// The element's own text, without surrounding white space.
  private(set) var text = ""
  private(set) var children: [XMLElement] = []

  /// Reads a whole document.
  static func root(of bytes: [UInt8]) throws(XMLError) -> XMLElement {
    var reader = XMLReader(bytes)
    var path: [XMLElement] = []
    var root: XMLElement?
    while let event = try reader.next() {
      switch event {
      case .start(let name): path.append(XMLElement(name: name))
      case .text(let text): path[path.count - 1].text += text
      case .end:
        var element = path.removeLast()
        element.text = trimmed(element.text)
        if path.isEmpty {
          root = element
        } else {
          path[path.count - 1].children.append(element)
        }
      }
    }
    guard let root else { throw XMLError(reason: .ended, offset: bytes.count) }
    return root
  }

  static func trimmed(_ text: String) -> String {
    let bytes = text.utf8
    guard let first = bytes.firstIndex(where: { !XMLReader.isSpace($0) }),
      let last = bytes.lastIndex(where: { !XMLReader.isSpace($0) })
    else { return "" }
    return String(text[first...last])
  }

  /// The text of the first child of that name, nil when there is none.
  subscript(name: String) -> String? { children.first { $0.name == name }?.text }

  func children(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }
}
