/// How many columns of a terminal a character takes.
package enum DisplayWidth {
  /// East Asian Wide and Fullwidth blocks (Unicode Standard Annex 11), merged where only
  /// unassigned characters lie between.
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
    0xA000...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19,
    0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x17000...0x18AFF, 0x1B000...0x1B2FF,
    0x20000...0x3FFFD,
  ]

  package static func of(_ scalar: Unicode.Scalar) -> Int {
    if scalar.value < 0x300 { return 1 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    if scalar.properties.isEmojiPresentation { return 2 }
    return wide.contains { $0.contains(scalar.value) } ? 2 : 1
  }

  /// The beginning of a line that fits into so many columns.
  package static func beginning(of text: String, columns: Int) -> String {
    var left = columns
    let fitting = text.unicodeScalars.prefix { scalar in
      left -= of(scalar)
      return left >= 0
    }
    return String(fitting)
  }
}
