internal import CLibYAML
internal import Platform

/// The events of a manifest as libyaml parses them, one by one. Of a long manifest a thread of its own parses
/// some batches ahead: libyaml takes longer over an entry than all that is done with its events.
struct EventFeed: ~Copyable {
  /// With a shorter manifest a thread saves too little to be seen.
  private static let threadedSize = 64 << 10

  private let parser: YAMLParser?
  private let thread: ParserThread?
  private var batch = EventBatch()

  init(reading input: ManifestInput) {
    let isLong = input.size >= Self.threadedSize
    parser = isLong ? nil : YAMLParser(reading: input)
    thread = isLong ? ParserThread(input) : nil
  }

  /// The next event; the caller owns it and must delete it.
  mutating func next() throws(SyntaxError) -> yaml_event_t {
    while true {
      if let event = batch.takeNext() { return event }
      if let failure = batch.failure { throw failure }
      // (Behind the end libyaml gives events without a type.)
      if batch.isLast { return yaml_event_t() }
      if let thread { batch = thread.next(returning: batch) } else { parser?.fill(batch) }
    }
  }
}

/// Parses ahead of one other thread, which takes the batches.
private final class ParserThread {
  /// Beside the one that is being taken: enough that neither waits when the other is held up for a moment.
  private static let batchesAhead = 4

  /// nil: no more are wanted.
  private let empty = Inbox<EventBatch?>()
  private let filled = Inbox<EventBatch>()
  private let thread: Thread

  init(_ input: ManifestInput) {
    for _ in 0..<Self.batchesAhead { empty.post(EventBatch()) }
    thread = Thread("manifest") { [empty, filled] in
      let parser = YAMLParser(reading: input)
      var isLast = false
      while !isLast, let batch = empty.next() {
        parser.fill(batch)
        isLast = batch.isLast
        filled.post(batch)
      }
    }
  }

  deinit {
    empty.post(nil)
    thread.join()
  }

  /// Waits for the next batch. One that is used up goes back.
  func next(returning batch: EventBatch) -> EventBatch {
    empty.post(batch)
    return filled.next()
  }
}

/// Some events in a row.
private final class EventBatch: @unchecked Sendable {  // one thread at a time has it
  private static let capacity = 256
  /// A text may be as long as the manifest, and libyaml writes out what a tag stands for in every event: what is
  /// parsed ahead is limited in bytes as well.
  private static let capacityInBytes = 256 << 10

  private let events: UnsafeMutablePointer<yaml_event_t>
  private var taken = 0
  private var count = 0
  private var bytes = 0
  /// What came behind the last event.
  private(set) var failure: SyntaxError?
  /// No events follow.
  private(set) var isLast = false

  init() { events = .allocate(capacity: Self.capacity) }

  deinit {
    while taken < count {
      yaml_event_delete(events + taken)
      taken += 1
    }
    events.deallocate()
  }

  func takeNext() -> yaml_event_t? {
    guard taken < count else { return nil }
    defer { taken += 1 }
    return events[taken]
  }

  var isFull: Bool { count == Self.capacity || bytes >= Self.capacityInBytes }

  /// Begins anew, with the storage as it is.
  func empty() {
    (taken, count, bytes) = (0, 0, 0)
  }

  func append(_ event: yaml_event_t) {
    (events + count).initialize(to: event)
    count += 1
    bytes += event.textBytes
    isLast = event.type == YAML_STREAM_END_EVENT
  }

  func end(with failure: SyntaxError) {
    self.failure = failure
    isLast = true
  }
}

extension YAMLParser {
  /// Puts the next events into a batch whose events have been taken.
  fileprivate func fill(_ batch: EventBatch) {
    batch.empty()
    while !batch.isFull, !batch.isLast {
      do throws(SyntaxError) { batch.append(try next()) } catch { batch.end(with: error) }
    }
  }
}
