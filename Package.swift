// swift-tools-version:6.2
import PackageDescription

/// Every target of this package compiles under the same rules; a warning is an error.
let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

/// The simulation of thousands of worlds is a matter of minutes unless the machine that it tries is
/// optimised in debug builds, too; so are the worlds.
let simulated: [SwiftSetting] = settings + [.unsafeFlags(["-O"], .when(configuration: .debug))]

func module(
  _ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []
) -> Target {
  .target(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

func tests(
  _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [],
  resources: [Resource] = []
) -> Target {
  .testTarget(
    name: name, dependencies: dependencies, exclude: exclude, resources: resources,
    swiftSettings: settings)
}

func systemLibrary(_ name: String, pkgConfig: String, apt: String) -> Target {
  .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt])])
}

/// `FuzzTests` under libFuzzer instead of the tests: `scripts/fuzz` builds it so. It has libFuzzer's main.
let isFuzzing = Context.environment["OSBATCH_FUZZING"] == "1"

func fuzzTests(_ dependencies: [Target.Dependency]) -> Target {
  guard isFuzzing else {
    return .testTarget(
      name: "FuzzTests", dependencies: dependencies, exclude: ["Driver", "Found", "Seeds"],
      swiftSettings: settings)
  }
  return .executableTarget(
    name: "FuzzTests", dependencies: dependencies, path: "Tests/FuzzTests",
    exclude: ["CorpusTests.swift", "Found", "Seeds"], swiftSettings: settings)
}

let package = Package(
  name: "osbatch",
  products: [
    .executable(name: "osbatch", targets: ["osbatch"]),
    .executable(name: "oss-devserver", targets: ["oss-devserver"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2")
  ],
  targets: [
    systemLibrary("CLibYAML", pkgConfig: "yaml-0.1", apt: "libyaml-dev"),
    systemLibrary("CLibCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
    systemLibrary("CLibCrypto", pkgConfig: "libcrypto", apt: "libssl-dev"),
    .target(name: "CLinux"),
    .target(name: "CChecksum"),

    module("Checksum", ["CChecksum"]),
    module("Digests", ["CLibCrypto"]),
    module("Platform", ["CLinux"]),
    .target(name: "BatchCore", dependencies: ["Checksum"], swiftSettings: simulated),
    module("JSON"),
    module("BatchManifest", ["BatchCore", "CLibYAML", "JSON", "Platform"]),
    module("OSSProtocol", ["BatchCore", "Checksum", "Digests"]),
    module(
      "CurlTransport", ["Checksum", "CLibCurl", "Platform"], exclude: ["README.md"]),
    module("CredentialSources", ["CurlTransport", "JSON", "OSSProtocol", "Platform"]),
    module(
      "RunStore", ["BatchCore", "Checksum", "Digests", "Platform"],
      exclude: ["FORMAT.md"]),
    module(
      "BatchRunner",
      [
        "BatchCore", "Checksum", "CredentialSources", "CurlTransport", "Digests", "OSSProtocol",
        "Platform", "RunStore",
      ]),
    .executableTarget(
      name: "osbatch",
      dependencies: [
        "BatchCore", "BatchManifest", "BatchRunner", "Checksum", "Platform", "RunStore",
      ],
      swiftSettings: settings),

    .target(
      name: "DevServer",
      dependencies: [
        "Checksum", "Digests", "Platform",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
      ],
      exclude: ["README.md"],
      swiftSettings: settings),
    .executableTarget(
      name: "oss-devserver", dependencies: ["DevServer", "Platform"], swiftSettings: settings),
    .executableTarget(
      name: "oss-sink", dependencies: ["Checksum", "Platform"], swiftSettings: settings),

    .executableTarget(
      name: "osbatch-benchmarks",
      dependencies: ["BatchCore", "BatchManifest", "Checksum", "OSSProtocol", "RunStore"],
      swiftSettings: settings),

    .testTarget(
      name: "BatchCoreTests", dependencies: ["BatchCore", "Checksum"], swiftSettings: simulated),
    tests("ChecksumTests", ["Checksum", "CChecksum"]),
    tests("DigestsTests", ["Digests"]),
    tests("PlatformTests", ["Platform"]),
    tests("OSSProtocolTests", ["OSSProtocol", "BatchCore", "Checksum", "Digests", "Platform"]),
    tests("RunStoreTests", ["BatchCore", "Checksum", "Platform", "RunStore"]),
    tests("JSONTests", ["JSON"]),
    tests("BatchManifestTests", ["BatchCore", "BatchManifest"], resources: [.copy("Broken")]),
    tests("CurlTransportTests", ["Checksum", "CurlTransport", "Platform", "TestKit"]),
    tests("CredentialSourcesTests", ["CredentialSources", "OSSProtocol", "Platform", "TestKit"]),
    tests("DevServerTests", ["CLibCrypto", "DevServer", "oss-devserver"]),
    fuzzTests([
      "BatchCore", "BatchManifest", "Checksum", "CredentialSources", "JSON", "OSSProtocol",
      "Platform",
      "RunStore",
    ]),
    .target(name: "TestKit", path: "Tests/TestKit", swiftSettings: settings),
    tests(
      "EndToEndTests", ["osbatch", "oss-devserver", "oss-sink", "Platform", "TestKit"],
      exclude: ["FaultMatrix.md"]),
    tests("BatchRunnerTests", ["BatchCore", "BatchRunner", "OSSProtocol", "Platform", "TestKit"]),
    tests(
      "ReportTests", ["BatchCore", "BatchRunner", "Checksum", "Platform", "osbatch", "TestKit"]),
    tests("CrashTests", ["BatchCore", "RunStore", "osbatch", "oss-devserver", "TestKit"]),
  ]
)
