internal import BatchCore

/// What a failed request's reply says (OSS API reference, "Error responses"), as far as it can be read and may be
/// shown. Values of secret elements never leave this type.
struct ErrorDocument: Equatable {
  var code = ""
  /// Cleaned: one line, of limited length, without the secrets that the same document repeats.
  var message = ""
  var requestID = ""
  /// `NNNN-NNNNNNNN`.
  var detailCode = ""
  /// The host that the service names for this bucket.
  var endpoint = ""
  /// Seconds since 1970 by the service's clock.
  var serverTime: Int64?
  /// There was an `Error` element: the answer is one of the protocol.
  var isPresent = false

  private static let maximumTextCharacters = 500
  private static let secretElements: Set<String> = [
    "AccessKeyId", "CanonicalRequest", "OSSAccessKeyId", "SecurityToken", "SignatureProvided",
    "StringToSign", "StringToSignBytes",
  ]

  init() {}

  /// Reads as far as the bytes are XML: a document that was cut may still have its code. Times are
  /// taken wherever they stand, some replies nest them.
  init(xml: [UInt8], hiding known: KnownSecrets = KnownSecrets()) {
    var reader = XMLReader(xml)
    var texts: [String: String] = [:]
    var text = ""
    var isRoot = true
    while let event = try? reader.next() {
      switch event {
      case .start(let name):
        if isRoot {
          guard name == "Error" else { return }
          isPresent = true
        }
        isRoot = false
        text = ""
      case .text(let run): text += run
      case .end(let name):
        if texts[name] == nil { texts[name] = XMLElement.trimmed(text) }
        text = ""
      }
    }
    fill(texts, known)
  }

  private mutating func fill(_ texts: [String: String], _ known: KnownSecrets) {
    let secrets = Self.secretElements.compactMap { texts[$0] }.filter { $0.utf8.count >= 4 }
    let shown = { (name: String) in Self.cleaned(texts[name] ?? "", without: secrets, known) }
    code = shown("Code")
    message = shown("Message")
    requestID = shown("RequestId")
    detailCode = shown("EC")
    endpoint = shown("Endpoint")
    serverTime = texts["ServerTime"].flatMap(CalendarTime.init(rfc3339:))?.seconds
  }

  /// Text of the service goes to terminals and reports: no control characters, no endless lines.
  static func cleaned(
    _ text: String, without secrets: [String] = [], _ known: KnownSecrets
  ) -> String {
    guard !secrets.contains(where: { text.firstPlace(of: $0) != nil }) else {
      return "(not shown: it repeats a secret)"
    }
    // Much longer ones are nobody's message.
    let beginning = String(text.unicodeScalars.prefix(32 * maximumTextCharacters))
    let scalars = known.removed(from: beginning).unicodeScalars.map { scalar in
      scalar.properties.generalCategory == .control ? " " : scalar
    }
    var line = String(String.UnicodeScalarView(scalars.prefix(maximumTextCharacters)))
    if scalars.count > maximumTextCharacters { line += "…" }
    return XMLElement.trimmed(line)
  }
}
