/// One fault that a test has switched on: which requests it meets, and what it does to them.
/// The language is described in this target's README.
struct Fault: Sendable {
  /// Before or after the request has had its effect on the stored objects.
  enum Moment: String, Sendable { case before, after }

  enum ResetPoint: String, Sendable {
    case beforeBody = "before-body"
    case halfBody = "half-body"
    case beforeEffect = "before-effect"
    case afterEffect = "after-effect"
  }

  struct Answer: Sendable {
    var status: Int
    var code: String
    var message: String
    var headers: [(name: String, value: String)]
    /// An HTML page, as a gateway sends it, rather than the service's XML.
    var isHTML: Bool
  }

  /// How much the service carries; what comes above it is answered with 503.
  enum Capacity: Sendable {
    /// Requests at once, of those that match.
    case slots(Int)
    /// Requests a second, with a bucket of a twentieth of them.
    case rate(Double)
  }

  /// What becomes of the request or its reply; a request meets at most one of these.
  enum Outcome: Sendable {
    case answer(Answer, Moment)
    case reset(ResetPoint)
    /// Never answers.
    case stall(Moment)
    /// Sends the reply at a byte a second.
    case drip
    /// Sends half of the reply and closes the connection.
    case truncate
    /// Sends a reply whose Content-Length says so many bytes more than it has, and closes the connection.
    case misstateLength(Int)
    /// Sends bytes that are not HTTP and closes the connection.
    case garbage
    /// Sends a well-formed reply whose body is not the document that belongs there.
    case garbageBody
    case wrongChecksum
    case omitChecksum
    /// A bit is flipped on its way in: checksums and ETag are those of the damaged bytes.
    case corruptReceived
    /// A bit is flipped in the stored file: checksums and ETag are those of the bytes received.
    case corruptStored
    /// The upload is dropped and the request answered with NoSuchUpload.
    case forget
    /// 203 after the effect.
    case callbackFailed
  }

  /// nil: any operation.
  var operation: Operation?
  var key: KeyPattern?
  var partNumber: Int?
  /// How many matching requests pass unharmed first.
  var skip = 0
  /// How many requests it then meets; nil: all.
  var times: Int? = 1
  /// The share of matching requests it meets.
  var probability = 1.0
  var generator = SplitMix64(seed: 0)
  var delayMilliseconds = 0
  /// Whether the request waits until requests that are held are let go.
  var isHold = false
  var skewSeconds: Int64 = 0
  var outcome: Outcome?
  var capacity: Capacity?
  /// Of `capacity`: requests that are being carried, or tokens that are left, and since when.
  var carried = 0
  var tokens = 1.0
  var filledAt: Int64 = 0
  /// Names the fault among all that were ever given.
  var number = 0
  /// The line it was made of.
  var text = ""
  /// Requests it has met so far.
  var hits = 0

  func matches(_ operation: Operation, _ key: ObjectKey?, partNumber: Int?) -> Bool {
    if let wanted = self.operation, wanted != operation { return false }
    if let pattern = self.key, key.map(pattern.matches) != true { return false }
    if let wanted = self.partNumber, wanted != partNumber { return false }
    return true
  }

  /// Takes a matching request in, unless that is more than the capacity; true when it is.
  mutating func overflows(at now: Int64) -> Bool {
    switch capacity {
    case nil: return false
    case .slots(let count):
      if carried >= count { return true }
      carried += 1
      return false
    case .rate(let rate):
      let passed = filledAt == 0 ? 1 : Double(now - filledAt) / 1e9
      tokens = min(max(1, rate / 20), tokens + passed * rate)
      filledAt = now
      if tokens < 1 { return true }
      tokens -= 1
      return false
    }
  }

  /// Counts a matching request; true when the fault meets it.
  mutating func strikes() -> Bool {
    if let times, hits >= times { return false }
    if skip > 0 {
      skip -= 1
      return false
    }
    if probability < 1 && Double.random(in: 0..<1, using: &generator) >= probability {
      return false
    }
    hits += 1
    return true
  }
}

/// A whole key, or the beginning of one.
struct KeyPattern: Sendable {
  var bytes: [UInt8]
  var isPrefix: Bool

  func matches(_ key: ObjectKey) -> Bool {
    isPrefix ? key.bytes.starts(with: bytes) : key.bytes == bytes
  }
}

/// A small generator whose sequence depends on its seed alone, so that a run of tests can be repeated.
struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
}

/// What all faults together do to one request.
struct FaultPlan: Sendable {
  var delayMilliseconds = 0
  /// How often requests had been let go when this one began to be held; nil: it is not held.
  var heldSince: Int?
  var skewSeconds: Int64 = 0
  var outcome: Fault.Outcome?
  /// The faults whose capacity the request takes up until it has been answered.
  var carriers: [Int] = []

  var resetPoint: Fault.ResetPoint? {
    if case .reset(let point) = outcome { point } else { nil }
  }

  var corruptsReceived: Bool { if case .corruptReceived = outcome { true } else { false } }
  var corruptsStored: Bool { if case .corruptStored = outcome { true } else { false } }
}
