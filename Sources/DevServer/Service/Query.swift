/// The parameters of a request's query, decoded, in the order they were sent.
struct Query: Sendable {
  struct Parameter: Sendable {
    var name: [UInt8]
    var value: [UInt8]
  }

  let raw: String
  let parameters: [Parameter]

  init(_ raw: Substring) throws(ServiceError) {
    self.raw = String(raw)
    var parameters: [Parameter] = []
    for pair in raw.utf8.split(separator: UInt8(ascii: "&")) {
      let halves = pair.split(
        separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = PercentEncoding.decode(halves[0], plusIsSpace: true),
        let value = PercentEncoding.decode(
          halves.count > 1 ? halves[1] : halves[0].prefix(0), plusIsSpace: true)
      else {
        throw ServiceError.invalidArgument("The query is not percent-encoded.", "query", self.raw)
      }
      parameters.append(Parameter(name: name, value: value))
    }
    self.parameters = parameters
  }

  /// The value of the first parameter with this name.
  subscript(name: String) -> String? {
    parameters.first { $0.name.elementsEqual(name.utf8) }
      .map { String(decoding: $0.value, as: UTF8.self) }
  }

  func has(_ name: String) -> Bool { self[name] != nil }

  /// A number within `range`, `fallback` when absent; anything else is refused.
  func number(
    _ name: String, in range: ClosedRange<Int>, fallback: Int
  ) throws(ServiceError) -> Int {
    guard let text = self[name], !text.isEmpty else { return fallback }
    guard let number = Int(text), range.contains(number) else {
      throw ServiceError.invalidArgument(
        "\(name) must be \(range.lowerBound) to \(range.upperBound).", name, text)
    }
    return number
  }
}
