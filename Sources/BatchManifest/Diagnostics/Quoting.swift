/// Text of the user inside a sentence: in quotes, control characters escaped, long text cut.
func quoted(_ text: String) -> String {
  let longest = 80
  var result = "\""
  for scalar in text.unicodeScalars.prefix(longest) {
    switch scalar {
    case "\n": result += "\\n"
    case "\r": result += "\\r"
    case "\t": result += "\\t"
    case _ where scalar.properties.generalCategory == .control:
      result += "\\u{\(String(scalar.value, radix: 16))}"
    default: result.unicodeScalars.append(scalar)
    }
  }
  if text.unicodeScalars.dropFirst(longest).first != nil { result += "…" }
  return result + "\""
}

/// A number with its thousands apart: 5,368,709,120.
func grouped(_ number: Int) -> String {
  var digits = Array(String(number.magnitude))
  var place = digits.count - 3
  while place > 0 {
    digits.insert(",", at: place)
    place -= 3
  }
  return (number < 0 ? "-" : "") + String(digits)
}
