import CChecksum
import Checksum
import Testing

private func checksum(_ bytes: some Collection<UInt8>) -> CRC64 {
  var result = CRC64()
  Array(bytes).withUnsafeBytes { result.update($0) }
  return result
}

/// The definition, a bit at a time.
private func definition(_ bytes: some Sequence<UInt8>) -> UInt64 {
  var register = UInt64.max
  for byte in bytes {
    register ^= UInt64(byte)
    for _ in 0..<8 {
      register = register & 1 == 1 ? register >> 1 ^ 0xC96C_5795_D787_0F42 : register >> 1
    }
  }
  return ~register
}

private func randomBytes(_ count: Int, seed: UInt64) -> [UInt8] {
  var state = seed
  return (0..<count).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return UInt8(truncatingIfNeeded: state >> 33)
  }
}

@Suite struct CRC64Tests {
  @Test(
    arguments: [
      ("", 0), ("a", 3_675_645_893_302_102_789), ("123456789", 11_051_210_869_376_104_954),
      ("hello world", 5_981_764_153_023_615_706),
    ] as [(String, UInt64)])
  func publishedValues(text: String, expected: UInt64) {
    #expect(checksum(text.utf8).value == expected)
    #expect(checksum(text.utf8).decimal == String(expected))
  }

  @Test func streamingEqualsOneShotAtEverySplit() {
    let bytes = randomBytes(700, seed: 1)
    let whole = definition(bytes)
    for split in 0...bytes.count {
      var result = CRC64()
      bytes.withUnsafeBytes { buffer in
        result.update(UnsafeRawBufferPointer(rebasing: buffer[..<split]))
        result.update(UnsafeRawBufferPointer(rebasing: buffer[split...]))
      }
      #expect(result.value == whole, "split at \(split)")
    }
  }

  @Test func everyLengthAndAlignmentGivesTheSameByEveryKernel() {
    let bytes = randomBytes(4096 + 64, seed: 2)
    bytes.withUnsafeBytes { buffer in
      var expected = [UInt64](repeating: 0, count: 16)
      for count in 0...4096 {
        let offset = count % 16
        let range = UnsafeRawBufferPointer(rebasing: buffer[offset..<offset + count])
        let tables = osbatch_crc64_update_tables(0, range.baseAddress, count)
        #expect(osbatch_crc64_update(0, range.baseAddress, count) == tables, "length \(count)")
        if osbatch_crc64_has_folding() {
          let folded = osbatch_crc64_update_folding(0, range.baseAddress, count)
          #expect(folded == tables, "length \(count)")
        }
        if osbatch_crc64_has_double_folding() {
          let folded = osbatch_crc64_update_double_folding(0, range.baseAddress, count)
          #expect(folded == tables, "length \(count)")
        }
        if osbatch_crc64_has_wide_folding() {
          let folded = osbatch_crc64_update_wide_folding(0, range.baseAddress, count)
          #expect(folded == tables, "length \(count)")
        }
        if count < 600 { #expect(definition(range) == tables, "length \(count)") }
        expected[offset] = tables
      }
      #expect(Set(expected).count == 16)
    }
  }

  @Test func aContinuedValueFoldsLikeTheTables() {
    let bytes = randomBytes(3000, seed: 3)
    bytes.withUnsafeBytes { buffer in
      for offset in 0..<64 {
        let start: UInt64 = 0x0123_4567_89AB_CDEF &* UInt64(offset + 1)
        let range = UnsafeRawBufferPointer(rebasing: buffer[offset...])
        let tables = osbatch_crc64_update_tables(start, range.baseAddress, range.count)
        #expect(osbatch_crc64_update(start, range.baseAddress, range.count) == tables)
        if osbatch_crc64_has_folding() {
          #expect(osbatch_crc64_update_folding(start, range.baseAddress, range.count) == tables)
        }
        if osbatch_crc64_has_double_folding() {
          let folded = osbatch_crc64_update_double_folding(start, range.baseAddress, range.count)
          #expect(folded == tables)
        }
      }
    }
  }

  @Test func combiningTwoHalvesEqualsTheWhole() {
    let bytes = randomBytes(1000, seed: 4)
    let whole = checksum(bytes)
    for split in 0...bytes.count {
      let combined = CRC64.combine(
        checksum(bytes[..<split]), checksum(bytes[split...]), lengthOfB: bytes.count - split)
      #expect(combined == whole, "split at \(split)")
    }
  }

  @Test func combiningIsAssociativeAndKnowsNothingness() {
    let (a, b, c) = (checksum([1, 2, 3]), checksum([4, 5]), checksum([6, 7, 8, 9]))
    let left = CRC64.combine(CRC64.combine(a, b, lengthOfB: 2), c, lengthOfB: 4)
    let right = CRC64.combine(a, CRC64.combine(b, c, lengthOfB: 4), lengthOfB: 6)
    #expect(left == right)
    #expect(left == checksum([1, 2, 3, 4, 5, 6, 7, 8, 9]))
    #expect(CRC64.combine(a, CRC64(), lengthOfB: 0) == a)
    #expect(CRC64.combine(CRC64(), a, lengthOfB: 3) == a)
  }

  @Test func combiningReachesLengthsThatNobodyCanRead() {
    /// The checksum of 2^power zero bytes, by doubling.
    func zeros(_ power: Int) -> CRC64 {
      (10..<power).reduce(checksum([UInt8](repeating: 0, count: 1 << 10))) { value, power in
        CRC64.combine(value, value, lengthOfB: 1 << power)
      }
    }
    let start = checksum([7])
    let once = CRC64.combine(start, zeros(41), lengthOfB: 1 << 41)
    let half = CRC64.combine(start, zeros(40), lengthOfB: 1 << 40)
    #expect(CRC64.combine(half, zeros(40), lengthOfB: 1 << 40) == once)
    #expect(half != once)
  }

  @Test(
    arguments: [
      ("0", 0), ("18446744073709551615", UInt64.max), ("0042", 42), ("18446744073709551616", nil),
      ("99999999999999999999", nil), ("", nil), ("-1", nil), ("+1", nil), ("1 ", nil), ("0x1", nil),
      ("184467440737095516150", nil),
    ] as [(String, UInt64?)])
  func decimalsOfTheWire(text: String, expected: UInt64?) {
    #expect(CRC64(decimal: text.utf8.span)?.value == expected)
  }
}
