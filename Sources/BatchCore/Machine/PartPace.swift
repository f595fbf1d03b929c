/// How fast the run's parts are, so that one which takes far longer than the others is noticed. Of the
/// newest parts the one in the middle counts: neither a few slow connections nor a few fast ones move it.
struct PartPace: Sendable {
  /// Parts that are remembered, and how many of them make a pace.
  static let memory = 32
  static let fewest = 4
  /// A part takes far longer when it takes so many times as long, and this much besides.
  static let factor = 3.0
  static let allowance: Int64 = 2_000_000_000

  /// Nanoseconds for each byte.
  private var paces: ContiguousArray<Double> = []
  private var next = 0
  /// The one in the middle; nil: not known yet. It is looked for now and then only.
  private var middle: Double?

  mutating func note(bytes: Int, nanoseconds: Int64) {
    let pace = Double(max(nanoseconds, 0)) / Double(max(bytes, 1))
    if paces.count < Self.memory { paces.append(pace) } else { paces[next] = pace }
    next = (next + 1) % Self.memory
    if next % Self.fewest == 0 { middle = paces.sorted()[paces.count / 2] }
  }

  /// Nanoseconds after which a part of so many bytes is a straggler; nil: not known yet.
  func patience(bytes: Int) -> Int64? {
    guard let middle else { return nil }
    // More than 30 years is for ever.
    return Int64(min(Self.factor * middle * Double(bytes), 1e18)) + Self.allowance
  }
}
