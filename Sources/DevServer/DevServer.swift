internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Platform

/// An OSS-compatible server on 127.0.0.1, with objects as files below a root directory
/// (`StorageLayout` shows where). It verifies signatures, keeps the service's rules, computes real
/// checksums, and has faults that tests switch on (README).
package final class DevServer: Sendable {
  package struct Configuration: Sendable {
    /// The directory of everything that is stored; it is made when it is not there.
    package var root: String
    /// 0: any free port.
    package var port = 0
    /// The only buckets there are; empty: any legal name is a bucket.
    package var buckets: [String] = []
    /// The region that V4 signatures must name; nil: any.
    package var region: String?
    package var credentials: Credentials

    package init(root: String, credentials: Credentials) {
      self.root = root
      self.credentials = credentials
    }
  }

  private static let loopThreads = 2
  private static let poolThreads = 2
  /// As many as a run may open at once.
  private static let waitingConnections: Int32 = 4096
  /// Large reads make large writes to files; the size adapts to what arrives.
  private static let readBuffer = AdaptiveRecvByteBufferAllocator(
    minimum: 4 << 10, initial: 64 << 10, maximum: 512 << 10)

  private let group: MultiThreadedEventLoopGroup
  private let pool: NIOThreadPool
  private let channel: any Channel
  /// The port that it listens on.
  package let port: Int

  /// Reads what lies below the root and starts to listen.
  package static func start(_ configuration: Configuration) throws(DevServerError) -> DevServer {
    for bucket in configuration.buckets where !RequestTarget.isLegalBucketName(bucket) {
      throw .illegalBucket(bucket)
    }
    let storage = try Storage(root: configuration.root, allowedBuckets: configuration.buckets)
    let verifier = Verifier(
      keys: KnownKeys(configuration.credentials), region: configuration.region)
    return try DevServer(Service(storage: storage, verifier: verifier), port: configuration.port)
  }

  private init(_ service: Service, port: Int) throws(DevServerError) {
    // The first one, before there are two threads that could both make the first one.
    withExtendedLifetime(DevServer.requestDecoder()) {}
    let group = MultiThreadedEventLoopGroup(numberOfThreads: DevServer.loopThreads)
    let pool = NIOThreadPool(numberOfThreads: DevServer.poolThreads)
    pool.start()
    do {
      channel = try DevServer.bootstrap(group, service, pool)
        .bind(host: "127.0.0.1", port: port).wait()
    } catch {
      group.shutdownGracefully { _ in }
      pool.shutdownGracefully { _ in }
      throw .address(port: port, reason: DevServer.reason(error))
    }
    self.group = group
    self.pool = pool
    self.port = channel.localAddress?.port ?? port
  }

  private static func reason(_ error: any Error) -> String {
    guard let error = error as? IOError else { return "\(error)" }
    return SystemError("listen", "", code: error.errnoCode).reason
  }

  private static func bootstrap(
    _ group: MultiThreadedEventLoopGroup, _ service: Service, _ pool: NIOThreadPool
  ) -> ServerBootstrap {
    ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: waitingConnections)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
      .childChannelOption(.recvAllocator, value: readBuffer)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(requestDecoder())
          try channel.pipeline.syncOperations.addHandler(
            ConnectionHandler(service: service, pool: pool))
        }
      }
  }

  /// Makes requests of bytes. Its class is generic over a generic class, and Swift's runtime learns both with
  /// the first instance. A thread that asks whether the inner class conforms while another is still
  /// making it known dies of a null pointer (Swift 6.3, `swift_conformsToProtocol`).
  private static func requestDecoder() -> ByteToMessageHandler<HTTPRequestDecoder> {
    ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes))
  }

  /// Takes no more connections, lets end what is being assembled, and stops the threads.
  package func stop() {
    do {
      try channel.close().wait()
      // Before the loops, which it answers to.
      try pool.syncShutdownGracefully()
      try group.syncShutdownGracefully()
    } catch {
      preconditionFailure("a server is stopped once: \(error)")
    }
  }
}
