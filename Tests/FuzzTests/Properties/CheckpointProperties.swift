import BatchCore
import Platform

@testable import RunStore

/// A checkpoint holds parts of its own upload only; cut anywhere it holds no other ones; what is
/// written is read back.
enum CheckpointProperties {
  private static let uploadID = "0004B9894A22E5B1888A1E29F8236E2D"

  static func check(_ bytes: [UInt8]) throws(BrokenProperty) {
    guard let cut = bytes.first else { return }
    let scene = try StateScene("checkpoint")
    let path = scene.directory.checkpoint(StateScene.identity)
    let checkpoint = Sealing.seal(Array(bytes.dropFirst()), continuingFirst: true)
    try scene.write(checkpoint, to: path)
    let parts = load(scene)
    try check(parts)
    try require(load(scene, "another") == [], "parts pass for those of another upload")

    let wholeLines = wholeLines(checkpoint, cut)
    try scene.write(checkpoint[..<wholeLines], to: path)
    let before = load(scene)
    try scene.write(checkpoint[..<(checkpoint.count * Int(cut) / 256)], to: path)
    try require(load(scene) == before, "a line that was cut short says something")
    let known = Set(parts.map(\.number))
    try require(before.allSatisfy { known.contains($0.number) }, "a part was lost by adding lines")
    try checkWriting(Array(bytes.dropFirst()), scene)
  }

  private static func wholeLines(_ checkpoint: [UInt8], _ cut: UInt8) -> Int {
    checkpoint[..<(checkpoint.count * Int(cut) / 256)].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
  }

  private static func load(_ scene: StateScene, _ uploadID: String = uploadID) -> [CheckpointPart] {
    Checkpoint.load(in: scene.directory, StateScene.identity, uploadID: uploadID)
  }

  private static func check(_ parts: [CheckpointPart]) throws(BrokenProperty) {
    let numbers = parts.map(\.number)
    try require(zip(numbers, numbers.dropFirst()).allSatisfy(<), "parts are not ascending")
    try require(
      numbers.allSatisfy((1...10_000).contains), "a part has a number that no service gives")
  }

  private static func checkWriting(
    _ bytes: [UInt8], _ scene: StateScene
  ) throws(BrokenProperty) {
    var source = ByteSource(bytes)
    var expected: [Int: CheckpointPart] = [:]
    do throws(SystemError) {
      var files = CheckpointFiles(scene.directory, openLimit: 1)
      try files.begin(StateScene.identity, source.intent(), uploadID: uploadID)
      while !source.isAtEnd {
        let part = source.part()
        expected[part.number] = part
        try files.append(part, to: StateScene.identity)
      }
    } catch {
      throw BrokenProperty("a checkpoint cannot be written: \(error)")
    }
    try require(
      load(scene) == expected.values.sorted { $0.number < $1.number }, "it is not what was written")
  }
}
