import BatchCore
import Testing

@Suite struct UploadPlanTests {
  private func settings(_ partSize: ObjectSettings.PartSize, threshold: Int) -> ObjectSettings {
    var settings = ObjectSettings()
    settings.partSize = partSize
    settings.multipartThreshold = threshold
    return settings
  }

  @Test func theThresholdItselfIsStillOnePut() throws {
    let settings = settings(.fixed(200_000), threshold: 1_000_000)
    #expect(try UploadPlan(size: 0, settings: settings).partSize == nil)
    #expect(try UploadPlan(size: 1_000_000, settings: settings).partSize == nil)
    #expect(try UploadPlan(size: 1_000_001, settings: settings).partSize == 200_000)
  }

  @Test(arguments: [
    (11 << 20, 8 << 20, 2), (80_000 << 20, 8 << 20, 10_000), ((80_000 << 20) + 1, 9 << 20, 8_889),
    (1 << 40, 105 << 20, 9_987),
  ])
  func automaticPartsStayRoundAndAtMostTenThousand(size: Int, partSize: Int, count: Int) throws {
    let plan = try UploadPlan(size: size, settings: settings(.auto, threshold: 10 << 20))
    #expect(plan.partSize == partSize)
    #expect(plan.partCount == count)
    #expect(plan.range(ofPart: count).upperBound == size)
    #expect(!plan.range(ofPart: count).isEmpty)
  }

  @Test func partsCoverTheObjectWithoutGapOrOverlap() throws {
    let plan = try UploadPlan(size: 1_000_003, settings: settings(.fixed(102_400), threshold: 0))
    var next = 0
    for number in 1...plan.partCount {
      let range = plan.range(ofPart: number)
      #expect(range.lowerBound == next)
      next = range.upperBound
    }
    #expect(next == 1_000_003)
  }

  @Test func anExplicitPartSizeThatNeedsTooManyPartsSaysWhatWouldDo() throws {
    let settings = settings(.fixed(102_400), threshold: 0)
    #expect(try UploadPlan(size: 102_400 * 10_000, settings: settings).partCount == 10_000)
    let problem = #expect(throws: UploadPlan.Problem.self) {
      try UploadPlan(size: 102_400 * 10_000 + 1, settings: settings)
    }
    #expect(problem == .tooManyParts(count: 10_001, partSize: 102_400, needed: 102_401))
    #expect(problem?.message.contains("at least 102401") == true)
  }

  @Test func theLargestObjectFitsAndOneByteMoreDoesNot() throws {
    let settings = settings(.auto, threshold: 10 << 20)
    let largest = UploadPlan.maximumPartSize * UploadPlan.maximumPartCount
    #expect(try UploadPlan(size: largest, settings: settings).partCount == 10_000)
    #expect(throws: UploadPlan.Problem.tooLarge(size: largest + 1, limit: largest)) {
      try UploadPlan(size: largest + 1, settings: settings)
    }
  }
}
