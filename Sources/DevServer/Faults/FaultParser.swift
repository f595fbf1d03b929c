/// A fault line that cannot be understood.
struct FaultSyntaxError: Error {
  var line: Int
  var reason: String

  var description: String { "line \(line): \(reason)" }
}

/// Reads one line of the fault language: an operation, then `name` and `name=value` words. Values
/// are percent-decoded, so that they can hold spaces.
struct FaultParser {
  private static let maximumDelayMilliseconds = 3_600_000
  private let line: Int
  private var fault = Fault()
  private var answer = Fault.Answer(
    status: 0, code: "", message: "Injected by a fault.", headers: [], isHTML: false)
  private var outcomes: [Fault.Outcome] = []
  private var moment: Fault.Moment?

  static func parse(_ text: Substring, number: Int) throws(FaultSyntaxError) -> Fault {
    let words = text.split { $0 == " " || $0 == "\t" || $0 == "\r" }
    var parser = FaultParser(line: number)
    try parser.operation(words[0])
    for word in words.dropFirst() { try parser.word(word) }
    var fault = try parser.finish()
    fault.text = words.joined(separator: " ")
    return fault
  }

  private init(line: Int) { self.line = line }

  private mutating func operation(_ word: Substring) throws(FaultSyntaxError) {
    if word == "any" { return }
    guard let operation = Operation(rawValue: String(word)) else {
      let known = Operation.allCases.map(\.rawValue).joined(separator: ", ")
      throw failure("unknown operation \(word); known are any, \(known)")
    }
    fault.operation = operation
  }

  private mutating func word(_ word: Substring) throws(FaultSyntaxError) {
    let halves = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    if halves.count == 1 { return try flag(String(word)) }
    guard let bytes = PercentEncoding.decode(halves[1].utf8) else {
      throw failure("\(word) is not percent-encoded")
    }
    let value = String(decoding: bytes, as: UTF8.self)
    let name = String(halves[0])
    if try select(name, value) { return }
    try act(name, value)
  }

  private mutating func flag(_ word: String) throws(FaultSyntaxError) {
    switch word {
    case "always": fault.times = nil
    case "hold": fault.isHold = true
    case "html": answer.isHTML = true
    case "stall": outcomes.append(.stall(.before))
    case "drip": outcomes.append(.drip)
    case "truncate": outcomes.append(.truncate)
    case "garbage": outcomes.append(.garbage)
    case "garbage-body": outcomes.append(.garbageBody)
    case "wrong-crc": outcomes.append(.wrongChecksum)
    case "omit-crc": outcomes.append(.omitChecksum)
    case "corrupt-received": outcomes.append(.corruptReceived)
    case "corrupt-stored": outcomes.append(.corruptStored)
    case "forget": outcomes.append(.forget)
    case "callback-failed": outcomes.append(.callbackFailed)
    default: throw failure("unknown word \(word)")
    }
  }

  /// The words that choose requests.
  private mutating func select(_ name: String, _ value: String) throws(FaultSyntaxError) -> Bool {
    switch name {
    case "key":
      let isPrefix = value.hasSuffix("*")
      fault.key = KeyPattern(
        bytes: Array((isPrefix ? value.dropLast() : value[...]).utf8), isPrefix: isPrefix)
    case "part": fault.partNumber = try number(name, value, 1...10_000)
    case "skip": fault.skip = try number(name, value, 0...Int.max)
    case "times": fault.times = try number(name, value, 1...Int.max)
    case "probability":
      guard let share = Double(value), (0...1).contains(share) else {
        throw failure("probability must be 0 to 1, not \(value)")
      }
      fault.probability = share
      fault.times = nil
    case "seed":
      guard let seed = UInt64(value) else { throw failure("seed must be a number, not \(value)") }
      fault.generator = SplitMix64(seed: seed)
    default: return false
    }
    return true
  }

  /// The words that say what happens.
  private mutating func act(_ name: String, _ value: String) throws(FaultSyntaxError) {
    switch name {
    case "delay":
      fault.delayMilliseconds = try number(name, value, 0...FaultParser.maximumDelayMilliseconds)
    case "skew": fault.skewSeconds = Int64(try number(name, value, -4_000_000_000...4_000_000_000))
    case "status": answer.status = try number(name, value, 200...599)
    case "code": answer.code = value
    case "message": answer.message = value
    case "header":
      let halves = value.split(separator: ":", maxSplits: 1)
      guard halves.count == 2, !value.utf8.contains(where: { $0 < 32 }) else {
        throw failure("header must be Name:Value, not \(value)")
      }
      answer.headers.append((halves[0].trimmed, halves[1].trimmed))
    case "when":
      guard let moment = Fault.Moment(rawValue: value) else {
        throw failure("when must be before or after, not \(value)")
      }
      self.moment = moment
    case "capacity": fault.capacity = .slots(try number(name, value, 1...1_000_000))
    case "rate": fault.capacity = .rate(Double(try number(name, value, 1...1_000_000)))
    case "length": outcomes.append(.misstateLength(try number(name, value, -1_000...1_000)))
    case "reset":
      guard let point = Fault.ResetPoint(rawValue: value) else {
        throw failure(
          "reset must be before-body, half-body, before-effect or after-effect, not \(value)")
      }
      outcomes.append(.reset(point))
    default: throw failure("unknown word \(name)")
    }
  }

  private mutating func finish() throws(FaultSyntaxError) -> Fault {
    if answer.status > 0 { outcomes.append(.answer(answer, .before)) }
    guard outcomes.count <= 1 else { throw failure("a fault has at most one outcome") }
    if fault.capacity != nil {
      guard outcomes.isEmpty else { throw failure("capacity has its own outcome") }
      answer.status = 503
      answer.code = "SlowDown"
      outcomes = [.answer(answer, .before)]
      fault.times = nil
    }
    fault.outcome = outcomes.first
    if let moment {
      switch fault.outcome {
      case .answer(let answer, _): fault.outcome = .answer(answer, moment)
      case .stall: fault.outcome = .stall(moment)
      default: throw failure("when belongs to status or stall")
      }
    }
    let isTimed = fault.isHold || fault.delayMilliseconds > 0 || fault.skewSeconds != 0
    guard fault.outcome != nil || isTimed else {
      throw failure("the fault does nothing: give a status, reset, delay or another outcome")
    }
    return fault
  }

  private func number(
    _ name: String, _ value: String, _ range: ClosedRange<Int>
  ) throws(FaultSyntaxError) -> Int {
    guard let number = Int(value), range.contains(number) else {
      throw failure("\(name) must be a number from \(range.lowerBound), not \(value)")
    }
    return number
  }

  private func failure(_ reason: String) -> FaultSyntaxError {
    FaultSyntaxError(line: line, reason: reason)
  }
}
