/// What an entry needs, judged from its source, its settings and the facts on record.
/// `run` and `plan` both ask here, so that they never disagree.
package enum Decision: Sendable, Equatable {
  /// The bucket already has exactly this.
  case unchanged(DoneFact)
  /// So it has, but an upload of something else is open, and goes.
  case unchangedDiscarding(OpenFact)
  /// Only the file system's evidence differs: the content decides.
  case compareContent(DoneFact)
  /// An object that must not be overwritten was there: ask whether it still is, before anything is sent.
  case lookAgain
  /// Continue this upload.
  case resume(OpenFact)
  /// Send it. An earlier upload that no longer fits is removed first.
  case send(SendReason, discarding: OpenFact?)

  /// What is to be done with a source that was planned with `partSize` (nil for one PutObject), given
  /// what is on record; with `force` what is done does not count. `isThere`: somebody else's object, which must not be
  /// overwritten. `isOutdated`: something that the entry needs became done after it.
  package static func make(
    for fingerprint: Fingerprint, partSize: Int?, done: DoneFact?, open: OpenFact?,
    isThere: Bool = false, isOutdated: Bool = false, force: Bool
  ) -> Decision {
    if let open {
      if !force, !isOutdated, let done, done.fingerprint == fingerprint {
        return .unchangedDiscarding(open)
      }
      // Its object may be stored already, and then is older than what it needs.
      if isOutdated, case .completing = open.phase {
        return .send(.neededSentAgain, discarding: open)
      }
      if open.intent.fingerprint == fingerprint, open.intent.partSize == partSize {
        return .resume(open)
      }
      return .send(reason(open.intent, fingerprint, partSize), discarding: open)
    }
    guard let done else {
      return isThere && !force ? .lookAgain : .send(.new, discarding: nil)
    }
    if force { return .send(.forced, discarding: nil) }
    let before = done.fingerprint
    if before == fingerprint, !isOutdated { return .unchanged(done) }
    // Since it was done, it was found that something else may not be replaced, or it itself.
    if isThere { return .lookAgain }
    if before.settings != fingerprint.settings {
      return .send(.settingsChanged, discarding: nil)
    }
    if before.size != fingerprint.size { return .send(.sizeChanged, discarding: nil) }
    if isOutdated { return .send(.neededSentAgain, discarding: nil) }
    return done.crc64 == nil ? .send(.sourceChanged, discarding: nil) : .compareContent(done)
  }

  private static func reason(
    _ intent: UploadIntent, _ fingerprint: Fingerprint, _ partSize: Int?
  ) -> SendReason {
    if intent.fingerprint.settings != fingerprint.settings { return .settingsChanged }
    if intent.fingerprint.size != fingerprint.size { return .sizeChanged }
    return intent.partSize == partSize ? .sourceChanged : .partSizeChanged
  }
}

/// Why an entry is sent, or sent again: the `reason` of events.
package enum SendReason: String, Sendable, CaseIterable {
  case new = "not uploaded before"
  case resumed = "its upload went on"
  case forced = "--force"
  case settingsChanged = "settings changed"
  case sizeChanged = "the source's size changed"
  case sourceChanged = "the source changed"
  case contentChanged = "the source's content changed"
  case partSizeChanged = "the part size changed"
  case uploadForgotten = "the service no longer knows the upload"
  case uploadDamaged = "the stored object did not have the right checksum"
  case partsRefused = "the service refuses the parts that it lists"
  case notInBucket = "the bucket does not have what is on record"
  case neededSentAgain = "what it needs was sent after it"
  case changedWhileUploading = "the source changed while it was being uploaded"

  /// That nothing is known of an object does not say why; a reason on record may.
  package func unless(recorded: SendReason?) -> SendReason {
    self == .new ? recorded ?? .new : self
  }
}
