/// How a run survives its credentials: requests that were refused wait for newer ones, and fail nothing.
extension RunMachine {
  /// A request was refused for its credentials. It goes again, first of all.
  mutating func awaitCredentials(_ request: RunRequest) {
    guard stopping == .no else { return }
    enqueue(request)
    guard request.credentials == credentialsGeneration, !isPausedForCredentials else { return }
    isPausedForCredentials = true
    credentialsProblem = nil
    guard credentialsRefusedSince == nil else {
      // The renewed ones are refused as well: to ask at once could go on without end.
      credentialsRetry = now.monotonic + Self.credentialsPause.inNanoseconds
      return
    }
    credentialsRefusedSince = now.monotonic
    report(.warning(nil, "the credentials have expired: waiting up to 60 s for newer ones"))
    commands.append(.refreshCredentials)
  }

  /// Whoever answers anything else to a request has accepted its credentials. (While sending pauses, what is answered
  /// was signed before: that says nothing of what is waited for.)
  mutating func noteCredentials(_ result: Result<Reply, Failure>) {
    guard !isPausedForCredentials else { return }
    if case .failure(let failure) = result, !failure.provesCredentials { return }
    credentialsRefusedSince = nil
  }

  mutating func credentials(_ news: CredentialsNews) {
    switch news {
    case .renewed:
      credentialsGeneration += 1
      isPausedForCredentials = false
      credentialsRetry = nil
      credentialsProblem = nil
    case .unavailable(let why):
      guard stopping == .no else { return }
      if isPausedForCredentials {
        credentialsRetry = now.monotonic + Self.credentialsPause.inNanoseconds
      }
      guard why != credentialsProblem else { return }
      credentialsProblem = why
      report(
        .warning(
          nil,
          isPausedForCredentials
            ? "no newer credentials yet: \(why): next try in 2 s"
            : "the credentials could not be renewed ahead of time: \(why)"))
    }
  }

  mutating func checkCredentials() {
    guard isPausedForCredentials, stopping == .no, let since = credentialsRefusedSince else {
      return
    }
    if now.monotonic - since >= Self.credentialsPatience.inNanoseconds {
      let why = credentialsProblem.map { " (\($0))" } ?? ""
      drain(.stopped("the credentials have expired and no newer ones came within 60 s\(why)"))
    } else if let retry = credentialsRetry, now.monotonic >= retry {
      credentialsRetry = nil
      commands.append(.refreshCredentials)
    }
  }
}
