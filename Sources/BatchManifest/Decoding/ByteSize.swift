/// A number of bytes, as a manifest writes it: `8MiB`, `10MB`, `1.5GiB`, `102400`.
struct ByteSize {
  enum ParseError: Error {
    case malformed(String)
    case unit(String)
    case fraction(String)
    case tooLarge(String)

    var sentence: String {
      switch self {
      case .malformed(let text):
        "\(quoted(text)) is not a size; write bytes, or a number with a unit such as 8MiB or 10MB"
      case .unit(let text):
        "\(quoted(text)) is not a unit; known are B, KB, MB, GB, TB, KiB, MiB, GiB and TiB"
      case .fraction(let text): "\(quoted(text)) is not a whole number of bytes"
      case .tooLarge(let text): "\(quoted(text)) is too large"
      }
    }
  }

  private static let units: [(name: String, bytes: Int)] = [
    ("", 1), ("B", 1), ("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30),
    ("TiB", 1 << 40),
  ]

  static var unitNames: [String] { units.map(\.name) }

  /// Digits behind the point; more are never a whole number of bytes with a unit up to TiB.
  private static let maximumDecimals = 12

  let bytes: Int

  init(_ bytes: Int) { self.bytes = bytes }

  /// The shortest exact form.
  var text: String {
    for unit in Self.units.reversed() where unit.name.contains("i") && bytes > 0 {
      if bytes.isMultiple(of: unit.bytes) { return "\(bytes / unit.bytes)\(unit.name)" }
    }
    return "\(bytes)"
  }

  static func parse(_ text: String) -> Result<ByteSize, ParseError> {
    let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    let parts = number.split(separator: ".", omittingEmptySubsequences: false)
    guard let whole = parts.first, parts.count <= 2, !parts.contains(where: \.isEmpty) else {
      return .failure(.malformed(text))
    }
    let name = text[number.endIndex...]
    guard let unit = units.first(where: { $0.name == name }) else {
      return .failure(name.allSatisfy(\.isLetter) ? .unit(String(name)) : .malformed(text))
    }
    guard let value = Int(whole) else { return .failure(.tooLarge(text)) }
    let (scaled, overflow) = value.multipliedReportingOverflow(by: unit.bytes)
    guard !overflow else { return .failure(.tooLarge(text)) }
    guard parts.count == 2 else { return .success(ByteSize(scaled)) }
    guard let fraction = fraction(parts[1], of: unit.bytes) else {
      return .failure(.fraction(text))
    }
    let (sum, sumOverflow) = scaled.addingReportingOverflow(fraction)
    return sumOverflow ? .failure(.tooLarge(text)) : .success(ByteSize(sum))
  }

  /// 0.digits × unit, when that is whole.
  private static func fraction(_ digits: Substring, of unit: Int) -> Int? {
    let significant = String(digits.reversed().drop { $0 == "0" }.reversed())
    guard significant.count <= maximumDecimals else { return nil }
    guard !significant.isEmpty else { return 0 }
    guard let numerator = Int(significant) else { return nil }
    let denominator = significant.reduce(1) { product, _ in product * 10 }
    let product = numerator.multipliedFullWidth(by: unit)
    let (quotient, remainder) = denominator.dividingFullWidth(product)
    return remainder == 0 ? quotient : nil
  }
}
