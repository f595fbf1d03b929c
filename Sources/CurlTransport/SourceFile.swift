package import Platform

/// A file that request bodies are read from: many requests, on any thread, share it, and it is
/// closed when the last of them has ended. Reads name their offset, so there is no position to
/// share. Not mapped into memory: a file that shrinks would kill the process.
package final class SourceFile: Sendable {
  package let descriptor: FileDescriptor
  /// As the user wrote it: it appears in messages.
  package let path: String

  package init(owning descriptor: consuming FileDescriptor, path: String) {
    self.descriptor = descriptor
    self.path = path
  }
}
