internal import CChecksum

/// CRC-64 as OSS computes it: ECMA-182 in the reflected form, known as CRC-64/XZ (polynomial
/// 0xC96C5795D7870F42 reflected, all ones in and out). The wire form is unsigned decimal.
package struct CRC64: Hashable, Sendable {
  package var value: UInt64

  /// The checksum of no bytes.
  package init() { value = 0 }
  package init(value: UInt64) { self.value = value }

  /// The checksum that decimal digits name, as in `x-oss-hash-crc64ecma`; nil for anything but
  /// digits and for a number that does not fit.
  package init?(decimal digits: Span<UInt8>) {
    guard !digits.isEmpty else { return nil }
    var value: UInt64 = 0
    for index in digits.indices {
      let digit = digits[index]
      guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
      let (shifted, tooLarge) = value.multipliedReportingOverflow(by: 10)
      let (next, carried) = shifted.addingReportingOverflow(UInt64(digit - UInt8(ascii: "0")))
      guard !tooLarge, !carried else { return nil }
      value = next
    }
    self.value = value
  }

  /// The form of the wire.
  package var decimal: String { String(value) }

  /// Continues the checksum with more bytes.
  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress else { return }
    value = osbatch_crc64_update(value, start, bytes.count)
  }

  /// The checksum of a followed by b, from the checksums of both and b's length in bytes.
  package static func combine(_ a: CRC64, _ b: CRC64, lengthOfB: Int) -> CRC64 {
    CRC64(value: osbatch_crc64_combine(a.value, b.value, UInt64(lengthOfB)))
  }
}
