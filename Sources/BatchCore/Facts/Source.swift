/// What a source file was when it was looked at; two equal identities mean the same content as far
/// as the file system can tell.
package struct SourceIdentity: Hashable, Sendable {
  /// Bytes.
  package var size: Int
  /// Modification time, nanoseconds since 1970, as far as 64 bits hold them: only good for being compared.
  package var modified: Int64
  package var inode: UInt64
  /// Change time, nanoseconds since 1970: it also moves when the modification time was put back.
  /// Compared only within one upload, never across runs (a link or chmod moves it too).
  package var changed: Int64

  package init(size: Int, modified: Int64, inode: UInt64, changed: Int64) {
    self.size = size
    self.modified = modified
    self.inode = inode
    self.changed = changed
  }
}

/// What an entry is, whatever its settings: 128 bits of the SHA-256 of (target, bucket, key).
package struct EntryIdentity: Hashable, Sendable {
  package var high: UInt64
  package var low: UInt64

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }
}

/// What was, or is to be, stored under an identity: when nothing here differs, nothing needs sending.
package struct Fingerprint: Hashable, Sendable {
  /// A 64-bit digest of the source's absolute path.
  package var path: UInt64
  package var size: Int
  package var modified: Int64
  package var inode: UInt64
  /// A 64-bit digest of every setting that changes what is stored.
  package var settings: UInt64

  package init(path: UInt64, size: Int, modified: Int64, inode: UInt64, settings: UInt64) {
    self.path = path
    self.size = size
    self.modified = modified
    self.inode = inode
    self.settings = settings
  }

  /// `path` and `settings` are the digests of what belongs to the source.
  package init(of source: SourceIdentity, path: UInt64, settings: UInt64) {
    self.init(
      path: path, size: source.size, modified: source.modified, inode: source.inode,
      settings: settings)
  }
}
