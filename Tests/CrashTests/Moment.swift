import BatchCore
import Foundation
import TestKit

/// When a run is killed.
enum Moment {
  /// When so many requests have reached the server; the one after them gets no answer, and has had its
  /// effect or not.
  case request(Int, hasEffect: Bool)
  /// When the journal has grown by so many bytes.
  case journal(Int)
  case delay(milliseconds: Int)

  /// Mostly anywhere, often at the beginning, where a run recovers from the one before it.
  init(using random: inout SplitMix64) {
    let isEarly = Int.random(in: 0..<3, using: &random) == 0
    switch Int.random(in: 0..<4, using: &random) {
    case 0, 1:
      let number = Int.random(in: 0..<(isEarly ? 8 : 200), using: &random)
      self = .request(number, hasEffect: Bool.random(using: &random))
    case 2: self = .journal(Int.random(in: 1..<(isEarly ? 400 : 20_000), using: &random))
    default: self = .delay(milliseconds: Int.random(in: 0..<(isEarly ? 60 : 500), using: &random))
    }
  }

  /// Makes the server ready for it.
  func prepare(_ server: Server) throws {
    if case .request(let number, let hasEffect) = self {
      try server.fault("any skip=\(number) stall\(hasEffect ? " when=after" : "")")
    }
  }

  /// Waits until it has come, or the run has ended before it.
  func wait(_ run: Child, server: Server, requestsBefore: Int, journal: String) throws {
    switch self {
    case .request(let number, _):
      try eventually("request \(number)") {
        try run.hasEnded || server.log().count > requestsBefore + number
      }
    case .journal(let growth):
      let before = Self.size(of: journal)
      try eventually("\(growth) bytes more of journal") {
        run.hasEnded || Self.size(of: journal) >= before + growth
      }
    case .delay(let milliseconds): poll(nil, 0, Int32(milliseconds))
    }
  }

  private static func size(of path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : 0
  }
}
