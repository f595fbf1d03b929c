internal import BatchCore

/// `bandwidth`: a rate, or a timetable of rates.
extension ManifestDecoder {
  mutating func decodeBandwidth(_ value: YAMLEvent) throws(SyntaxError) -> Bandwidth? {
    guard value.kind == .sequenceStart else {
      return try rate(value, "bandwidth").map { Bandwidth(rate: $0) }
    }
    var spans: [Bandwidth.Span] = []
    while true {
      let item = try nextValue()
      if item.kind == .sequenceEnd { return Bandwidth(spans: spans) }
      if try isMapping(item, "a span of bandwidth"), let span = try decodeSpan(item) {
        spans.append(span)
      }
    }
  }

  private mutating func decodeSpan(_ start: YAMLEvent) throws(SyntaxError) -> Bandwidth.Span? {
    var cursor = MappingCursor(start)
    var seen = SeenKeys(BandwidthKey.table)
    var from: Int?
    var to: Int?
    var rate: Int?
    while let (key, value) = try nextPair(&cursor, &seen) {
      switch key {
      case .from: from = try time(value, key.name)
      case .to: to = try time(value, key.name)
      case .rate: rate = try self.rate(value, key.name)
      }
    }
    for key in BandwidthKey.allCases where seen.isMissing(key) {
      error("the span of bandwidth needs \(quoted(key.name))", at: start.place)
    }
    guard let from, let to, let rate else { return nil }
    return Bandwidth.Span(from: from, to: to % Self.minutesOfDay, rate: rate)
  }

  private static var minutesOfDay: Int { 1_440 }

  /// Bytes a second: a size, with or without `/s`.
  private mutating func rate(_ event: YAMLEvent, _ name: String) throws(SyntaxError) -> Int? {
    guard let text = try text(event, name) else { return nil }
    do throws(BandwidthRate.ParseError) {
      return try BandwidthRate.parse(text)
    } catch {
      self.error("\(name): \(error.sentence)", at: event.place)
      return nil
    }
  }

  /// Minutes since midnight.
  private mutating func time(_ event: YAMLEvent, _ name: String) throws(SyntaxError) -> Int? {
    guard let text = try text(event, name) else { return nil }
    let halves = text.split(separator: ":", omittingEmptySubsequences: false)
    if halves.count == 2, halves.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy(isDigit) }),
      let hour = Int(halves[0]), let minute = Int(halves[1]), (0...24).contains(hour),
      (0..<60).contains(minute), hour * 60 + minute <= Self.minutesOfDay
    {
      return hour * 60 + minute
    }
    error("\(name) must be a time of day such as 08:00, not \(quoted(text))", at: event.place)
    return nil
  }
}

/// A rate as people write it: `20MiB/s`, `20MiB`, `1048576`.
package enum BandwidthRate {
  package struct ParseError: Error {
    package var sentence: String
  }

  static func text(_ rate: Int) -> String { ByteSize(rate).text + "/s" }

  /// Bytes a second.
  package static func parse(_ text: String) throws(ParseError) -> Int {
    switch ByteSize.parse(text.hasSuffix("/s") ? String(text.dropLast(2)) : text) {
    case .failure(let reason): throw ParseError(sentence: reason.sentence)
    case .success(let size):
      let range = Bandwidth.rates
      guard range.contains(size.bytes) else {
        let limits = "\(ByteSize(range.lowerBound).text)/s to \(ByteSize(range.upperBound).text)/s"
        throw ParseError(sentence: "a rate must be from \(limits), not \(text)")
      }
      return size.bytes
    }
  }
}
