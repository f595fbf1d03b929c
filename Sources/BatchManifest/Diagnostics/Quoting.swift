internal import BatchCore

/// Text of the user inside a sentence: in quotes, as people can read it, long text cut.
func quoted(_ text: String) -> String {
  let longest = 80
  var result = "\""
  for scalar in text.unicodeScalars.prefix(longest) { result += scalar.readable }
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
