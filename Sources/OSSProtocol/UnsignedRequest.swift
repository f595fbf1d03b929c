internal import BatchCore

/// The HTTP method of a request; the raw value is what is signed and sent.
package enum Method: String, Sendable {
  case get = "GET"
  case put = "PUT"
  case post = "POST"
  case delete = "DELETE"
  case head = "HEAD"
}

/// A parameter of a query, both sides unencoded; an empty value makes a bare name.
struct QueryParameter: Equatable {
  var name: String
  var value: String

  init(_ name: String, _ value: String = "") {
    self.name = name
    self.value = value
  }
}

/// What a signature covers.
struct UnsignedRequest {
  var method = Method.get
  var bucket = ""
  /// Empty for requests about the bucket.
  var key = ""
  var query: [QueryParameter] = []
  /// Names in lower case, sorted, each once. An empty value is a header with an empty value.
  var headers: [HeaderField] = []

  func header(_ name: String) -> String {
    headers.first { $0.name == name }?.value ?? ""
  }

  /// Appends the query as it is sent and as signature v4 covers it: encoded, sorted by encoded name
  /// (not by the joined pair), without the `?`.
  func appendQuery(to bytes: inout [UInt8]) {
    guard !query.isEmpty else { return }
    let encoded = query.map { parameter in
      var name: [UInt8] = []
      var value: [UInt8] = []
      PercentEncoding.append(parameter.name, keepingSlashes: false, to: &name)
      PercentEncoding.append(parameter.value, keepingSlashes: false, to: &value)
      return (name: name, value: value)
    }
    let sorted = encoded.sorted { $0.name.lexicographicallyPrecedes($1.name) }
    for (index, parameter) in sorted.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: "&")) }
      bytes.append(contentsOf: parameter.name)
      if !parameter.value.isEmpty {
        bytes.append(UInt8(ascii: "="))
        bytes.append(contentsOf: parameter.value)
      }
    }
  }
}

extension [UInt8] {
  /// Appends the UTF-8 of `text`.
  mutating func append(_ text: String) { append(contentsOf: text.utf8) }

  mutating func append(_ text: StaticString) {
    append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }
}
