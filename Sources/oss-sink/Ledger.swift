internal import Checksum
internal import Platform

/// What has arrived: open uploads, and sums over everything else. Shared by all threads.
final class Ledger: Sendable {
  struct Body {
    var bytes = 0
    var crc64 = CRC64()
  }

  struct Sums {
    var requests = 0
    var objects = 0
    var objectBytes = 0
    var openUploads = 0

    var json: String {
      "{\"requests\":\(requests),\"objects\":\(objects),\"object_bytes\":\(objectBytes),"
        + "\"open_uploads\":\(openUploads)}"
    }
  }

  private struct State {
    var sums = Sums()
    var uploads: [String: [Int: Body]] = [:]
    var nextUpload = 1
  }

  private let state = Lock(State())

  var sums: Sums {
    state.withLock { state in
      var sums = state.sums
      sums.openUploads = state.uploads.count
      return sums
    }
  }

  func reset() { state.withLock { $0 = State() } }

  func put(_ body: Body) {
    state.withLock { state in
      state.sums.requests += 1
      state.sums.objects += 1
      state.sums.objectBytes += body.bytes
    }
  }

  /// The id of a new upload.
  func initiate() -> String {
    state.withLock { state in
      state.sums.requests += 1
      let id = "upload\(state.nextUpload)"
      state.nextUpload += 1
      state.uploads[id] = [:]
      return id
    }
  }

  /// false: there is no such upload.
  func part(_ upload: String, _ number: Int, _ body: Body) -> Bool {
    state.withLock { state in
      state.sums.requests += 1
      guard state.uploads[upload] != nil else { return false }
      state.uploads[upload]?[number] = body
      return true
    }
  }

  /// The whole object, or nil when there is no such upload.
  func complete(_ upload: String) -> Body? {
    state.withLock { state in
      state.sums.requests += 1
      guard let parts = state.uploads.removeValue(forKey: upload) else { return nil }
      var whole = Body()
      for (_, part) in parts.sorted(by: { $0.key < $1.key }) {
        whole.crc64 = CRC64.combine(whole.crc64, part.crc64, lengthOfB: part.bytes)
        whole.bytes += part.bytes
      }
      state.sums.objects += 1
      state.sums.objectBytes += whole.bytes
      return whole
    }
  }

  func abort(_ upload: String) {
    state.withLock { state in
      state.sums.requests += 1
      state.uploads[upload] = nil
    }
  }
}
