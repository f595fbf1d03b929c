internal import BatchCore
internal import BatchManifest
internal import Platform

/// A duration as `90s`, `1h30m`, `4h`, `250ms`; a bare number by itself is seconds. A century stands for all that is
/// longer.
struct DurationArgument: ExpressibleByArgument {
  static var argumentDescription: String { "a duration such as 90s, 1h30m or 250ms" }

  var duration: Duration

  init?(argument: String) {
    var milliseconds = 0
    var digits = ""
    var unit = ""
    var hasPart = false
    var hasBareNumber = false
    for character in argument + " " {
      if character.isASCII, character.isNumber, unit.isEmpty {
        digits.append(character)
        continue
      }
      if character.isASCII, character.isLetter {
        unit.append(character)
        continue
      }
      guard !hasBareNumber, !(hasPart && unit.isEmpty) else { return nil }
      hasBareNumber = unit.isEmpty
      guard Self.add(&digits, &unit, to: &milliseconds) else { return nil }
      hasPart = true
      guard character != " " else { continue }
      guard character.isNumber else { return nil }
      digits.append(character)
    }
    guard hasPart, digits.isEmpty else { return nil }
    duration = min(.milliseconds(milliseconds), .century)
  }

  private static func add(
    _ digits: inout String, _ unit: inout String, to milliseconds: inout Int
  ) -> Bool {
    let factors = ["": 1_000, "ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
    guard let count = Int(digits), let factor = factors[unit] else { return false }
    let (product, overflows) = count.multipliedReportingOverflow(by: factor)
    let (sum, alsoOverflows) = milliseconds.addingReportingOverflow(product)
    guard !overflows, !alsoOverflows else { return false }
    milliseconds = sum
    digits = ""
    unit = ""
    return true
  }
}

/// A duration that a request can be waited for.
struct StallArgument: ExpressibleByArgument {
  static var argumentDescription: String { "a duration of at least 1s" }

  var duration: Duration

  init?(argument: String) {
    guard let duration = DurationArgument(argument: argument)?.duration, duration >= .seconds(1)
    else { return nil }
    self.duration = duration
  }
}

/// How many of something there must be.
struct CountArgument: ExpressibleByArgument {
  static var argumentDescription: String { "a whole number from 1" }

  var count: Int

  init?(argument: String) {
    guard let count = Int(argument), count >= 1 else { return nil }
    self.count = count
  }
}

enum ProgressForm: String, ExpressibleByArgument, CaseIterable {
  case auto, tty, plain, json, none
}

/// A rate as manifests write it: `20MiB/s`.
struct RateArgument: ExpressibleByArgument {
  static var argumentDescription: String { "a rate such as 20MiB/s, and of at least 64KiB/s" }

  var rate: Int

  init?(argument: String) {
    guard let rate = try? BandwidthRate.parse(argument) else { return nil }
    self.rate = rate
  }
}
