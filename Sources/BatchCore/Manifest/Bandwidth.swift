/// How many bytes of bodies a whole run may send a second, by the time of the day.
package struct Bandwidth: Sendable, Equatable {
  /// One line of the timetable. Minutes count from midnight of local time; `to` is not in it any more,
  /// and where it is not after `from` the span goes on after midnight.
  package struct Span: Sendable, Equatable {
    package var from: Int
    package var to: Int
    /// Bytes a second.
    package var rate: Int

    package init(from: Int, to: Int, rate: Int) {
      self.from = from
      self.to = to
      self.rate = rate
    }

    package func contains(minute: Int) -> Bool {
      from < to ? (from..<to).contains(minute) : minute >= from || minute < to
    }
  }

  /// Less would not keep a connection alive; more is no limit.
  package static let rates = 65_536...(1 << 40)

  package var spans: [Span]

  package init(spans: [Span]) { self.spans = spans }

  /// The same at all times.
  package init(rate: Int) { spans = [Span(from: 0, to: 0, rate: rate)] }

  /// Bytes a second at that minute of the day: of the first span that holds it; nil: no limit.
  package func rate(minute: Int) -> Int? { spans.first { $0.contains(minute: minute) }?.rate }
}
