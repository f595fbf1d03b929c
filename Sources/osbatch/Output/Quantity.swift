/// Quantities as people read them.
enum Quantity {
  /// Bytes in IEC units: `812.3 MiB`.
  static func bytes(_ count: Int) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
    var value = Double(count)
    var unit = 0
    while value >= 1024, unit < units.count - 1 {
      value /= 1024
      unit += 1
    }
    return unit == 0 ? "\(count) B" : "\(tenths(value)) \(units[unit])"
  }

  static func rate(_ bytes: Int, milliseconds: Int) -> String {
    milliseconds == 0
      ? "-" : Quantity.bytes(Int(Double(bytes) * 1000 / Double(milliseconds))) + "/s"
  }

  /// `0.4 s`, `12.1 s`, `3m05s`, `2h07m`.
  static func duration(milliseconds: Int) -> String {
    let seconds = milliseconds / 1000
    if seconds < 60 { return "\(tenths(Double(milliseconds) / 1000)) s" }
    if seconds < 3600 { return "\(seconds / 60)m\(two(seconds % 60))s" }
    return "\(seconds / 3600)h\(two(seconds / 60 % 60))m"
  }

  /// `1,234,567`.
  static func grouped(_ count: Int) -> String {
    let digits = String(count)
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index).isMultiple(of: 3) { text.append(",") }
      text.append(digit)
    }
    return text
  }

  static func count(_ count: Int, _ noun: String, plural: String? = nil) -> String {
    "\(count) \(count == 1 ? noun : plural ?? noun + "s")"
  }

  private static func tenths(_ value: Double) -> String {
    let scaled = Int((value * 10).rounded())
    return "\(scaled / 10).\(scaled % 10)"
  }

  private static func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
