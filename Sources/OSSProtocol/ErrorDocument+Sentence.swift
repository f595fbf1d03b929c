extension ErrorDocument {
  /// One sentence for people, e.g. `AccessDenied: the bucket belongs to someone else (403, EC
  /// 0003-00000001, request 65A0…)`.
  func sentence(status: Int) -> String {
    let text = message.hasSuffix(".") ? String(message.dropLast()) : message
    let subject =
      switch (code.isEmpty, text.isEmpty) {
      case (false, false): "\(code): \(text)"
      case (false, true): code
      case (true, false): text
      case (true, true): "the service gave no explanation"
      }
    var facts = [String(status)]
    if !detailCode.isEmpty { facts.append("EC \(detailCode)") }
    if !requestID.isEmpty { facts.append("request \(requestID)") }
    let place = endpoint.isEmpty ? "" : "; the service names the endpoint \(endpoint)"
    return "\(subject) (\(facts.joined(separator: ", ")))\(place)"
  }
}
