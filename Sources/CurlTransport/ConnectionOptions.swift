internal import CLibCurl

extension EasyHandle {
  /// Gives the handle the options of all requests to one profile's servers; forgets all others.
  func configure(_ settings: TransportSettings, _ profile: ConnectionProfile) {
    curl_easy_reset(raw)
    set(CURLOPT_NOSIGNAL, 1)
    set(CURLOPT_PATH_AS_IS, 1)
    set(CURLOPT_FOLLOWLOCATION, 0)
    set(CURLOPT_PROTOCOLS_STR, text: "http,https")
    set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    set(CURLOPT_TCP_KEEPALIVE, 1)
    // Replies are short; libcurl's own 16 KiB for each connection would be the most that idle ones take.
    set(CURLOPT_BUFFERSIZE, 4 << 10)
    set(CURLOPT_USERAGENT, text: settings.userAgent)
    set(CURLOPT_CONNECTTIMEOUT_MS, settings.connectTimeoutMilliseconds)
    // A request that ends while its name is being resolved would have its loop wait for the resolver.
    set(CURLOPT_QUICK_EXIT, 1)
    if profile.bypassesProxies { set(CURLOPT_NOPROXY, text: "*") }
    configureTLS(profile)
  }

  private func configureTLS(_ profile: ConnectionProfile) {
    set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
    set(CURLOPT_SSL_VERIFYPEER, 1)
    set(CURLOPT_SSL_VERIFYHOST, 2)
    if let caFile = profile.caFile {
      set(CURLOPT_CAINFO, text: caFile)
      set(CURLOPT_CAPATH, pointer: nil)  // the file's roots only, not the system's as well
    }
    // AES-128 costs a tenth less than OpenSSL's first choice. Only speed: some TLS libraries do not
    // have the option, and its refusal changes nothing else.
    let ciphers = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
    _ = ciphers.withCString { osbatch_easy_setopt_pointer(raw, CURLOPT_TLS13_CIPHERS, $0) }
  }
}
