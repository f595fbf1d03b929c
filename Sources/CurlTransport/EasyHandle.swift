internal import CLibCurl

/// The one owner of a libcurl easy handle, confined to its loop's thread. Setting a known option to
/// a constant fails only by a mistake in this module or for want of memory, so each `set` checks
/// and stops there.
struct EasyHandle: ~Copyable {
  let raw: UnsafeMutableRawPointer

  init() {
    guard let raw = curl_easy_init() else { preconditionFailure("curl_easy_init: out of memory") }
    self.raw = raw
  }

  deinit { curl_easy_cleanup(raw) }

  func set(_ option: CURLoption, _ value: Int) {
    check(osbatch_easy_setopt_long(raw, option, value))
  }

  func set(_ option: CURLoption, offset value: Int) {
    check(osbatch_easy_setopt_off(raw, option, curl_off_t(value)))
  }

  /// libcurl keeps the pointer: it must stay good until the transfer has ended.
  func set(_ option: CURLoption, pointer: UnsafeRawPointer?) {
    check(osbatch_easy_setopt_pointer(raw, option, pointer))
  }

  /// libcurl copies the text.
  func set(_ option: CURLoption, text: String?) {
    guard let text else { return set(option, pointer: nil) }
    check(text.withCString { osbatch_easy_setopt_pointer(raw, option, $0) })
  }

  typealias DataCallback =
    @convention(c) (
      UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?
    ) -> Int

  func set(_ option: CURLoption, callback: DataCallback) {
    check(osbatch_easy_setopt_data(raw, option, callback))
  }

  func setSeek(
    _ callback: @convention(c) (UnsafeMutableRawPointer?, curl_off_t, CInt) -> CInt
  ) {
    check(osbatch_easy_setopt_seek(raw, callback))
  }

  func setPrerequest(
    _ callback:
      @convention(c) (
        UnsafeMutableRawPointer?, UnsafeMutablePointer<CChar>?, UnsafeMutablePointer<CChar>?, CInt,
        CInt
      ) -> CInt
  ) {
    check(osbatch_easy_setopt_prerequest(raw, callback))
  }

  func setSocketOpened(
    _ callback: @convention(c) (UnsafeMutableRawPointer?, curl_socket_t, curlsocktype) -> CInt
  ) {
    check(osbatch_easy_setopt_sockopt(raw, callback))
  }

  func setSocketClosing(
    _ callback: @convention(c) (UnsafeMutableRawPointer?, curl_socket_t) -> CInt
  ) {
    check(osbatch_easy_setopt_closesocket(raw, callback))
  }

  func integer(_ info: CURLINFO) -> Int {
    var value = 0
    check(osbatch_easy_getinfo_long(raw, info, &value))
    return value
  }

  func offset(_ info: CURLINFO) -> Int {
    var value = curl_off_t(0)
    check(osbatch_easy_getinfo_off(raw, info, &value))
    return Int(value)
  }

  func check(_ code: CURLcode) {
    precondition(code == CURLE_OK, String(cString: curl_easy_strerror(code)))
  }
}
