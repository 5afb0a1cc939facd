// swift-tools-version: 6.2
// Targets stand in the order of the arrows: a target depends only on targets above it (docs/architecture.md).
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "pipeline",
    products: [
        .executable(name: "pipeline", targets: ["pipeline"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // The domain: values and decisions.
        .target(name: "PipelineCore", swiftSettings: strict),

        // HTTP over libcurl.
        .systemLibrary(
            name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"]), .brew(["curl"])]),
        .target(name: "HTTPTransport", dependencies: ["CCurl"], swiftSettings: strict),
        .testTarget(
            name: "HTTPTransportTests", dependencies: ["HTTPTransport", "PipelineTestSupport"], swiftSettings: strict),

        // What Swift cannot call itself of POSIX: spawn, descriptors over sockets, wait statuses.
        .target(name: "CPosix"),

        // Programs as child processes.
        .target(name: "ChildProcesses", dependencies: ["CPosix"], swiftSettings: strict),
        .testTarget(name: "ChildProcessesTests", dependencies: ["ChildProcesses"], swiftSettings: strict),

        // What tests share: drivers without a world behind them, and the suites that real drivers pass.
        .target(
            name: "PipelineTestSupport", dependencies: ["CPosix", "HTTPTransport", "PipelineCore"],
            swiftSettings: strict),
        .testTarget(
            name: "PipelineCoreTests", dependencies: ["PipelineCore", "PipelineTestSupport"], swiftSettings: strict),
        .testTarget(
            name: "SimulationTests", dependencies: ["PipelineCore", "PipelineTestSupport"], swiftSettings: strict),
        .testTarget(
            name: "PipelineTestSupportTests", dependencies: ["PipelineTestSupport", "HTTPTransport", "PipelineCore"],
            swiftSettings: strict),

        // Jinja templates of native operators; depends on nothing.
        .target(name: "Jinja", swiftSettings: strict),
        .testTarget(name: "JinjaTests", dependencies: ["Jinja"], swiftSettings: strict),

        // The tensor core: C kernels and their Swift face. Debug builds optimise the C too: the kernels are 16 times slower
        // without, and the tests train with them.
        .target(name: "CTensor", cSettings: [.unsafeFlags(["-O2"])]),
        .target(name: "Tensor", dependencies: ["CTensor"], swiftSettings: strict),
        .testTarget(name: "TensorTests", dependencies: ["Tensor", "CTensor"], swiftSettings: strict),

        // Operations against PyTorch in double precision: recorded cases, or those of make compare-torch.
        .testTarget(name: "TorchParityTests", dependencies: ["Tensor", "CTensor"], swiftSettings: strict),

        // The steps of an ML pipeline.
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
        .target(
            name: "Stages",
            dependencies: [
                "PipelineCore", "HTTPTransport", "Tensor", "CZlib", .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "StagesTests", dependencies: ["Stages", "PipelineCore", "HTTPTransport", "Tensor", "CZlib"],
            swiftSettings: strict),

        // Messages about runs to addresses of the settings.
        .target(
            name: "Notifications",
            dependencies: ["PipelineCore", "HTTPTransport", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: strict),
        .testTarget(
            name: "NotificationsTests", dependencies: ["Notifications", "PipelineCore", "HTTPTransport"],
            swiftSettings: strict),

        // The API of a cluster: configuration, outcomes, watch, logs, exec. Knows nothing of pipelines.
        .target(
            name: "KubernetesClient", dependencies: ["ChildProcesses", "HTTPTransport", "PipelineCore", "Yams"],
            swiftSettings: strict),
        .testTarget(
            name: "KubernetesClientTests",
            dependencies: ["KubernetesClient", "ChildProcesses", "HTTPTransport", "PipelineCore", "PipelineTestSupport"],
            swiftSettings: strict),

        // The tokens by which workers in pods show what they are.
        .target(
            name: "TaskTokens", dependencies: ["PipelineCore", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: strict),
        .testTarget(name: "TaskTokensTests", dependencies: ["TaskTokens", "PipelineCore"], swiftSettings: strict),

        // Launches as pods.
        .target(
            name: "K8sPodExecutor",
            dependencies: [
                "HTTPTransport", "KubernetesClient", "PipelineCore", "TaskTokens",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "K8sPodExecutorTests",
            dependencies: [
                "K8sPodExecutor", "KubernetesClient", "HTTPTransport", "PipelineCore", "PipelineTestSupport",
                "TaskTokens",
            ],
            swiftSettings: strict),

        // Launches as containers of podman on this machine.
        .target(
            name: "PodmanExecutor",
            dependencies: ["ChildProcesses", "K8sPodExecutor", "KubernetesClient", "PipelineCore", "Yams"],
            swiftSettings: strict),
        .testTarget(
            name: "PodmanExecutorTests",
            dependencies: [
                "PodmanExecutor", "ChildProcesses", "K8sPodExecutor", "KubernetesClient", "PipelineCore",
                "PipelineTestSupport",
            ],
            swiftSettings: strict),

        // The same on a real cluster: make test-cluster.
        .testTarget(
            name: "ClusterTests",
            dependencies: ["K8sPodExecutor", "KubernetesClient", "HTTPTransport", "PipelineCore", "PipelineTestSupport"],
            swiftSettings: strict),

        // The warm Python process that reads DAG files and runs Python tasks.
        .target(
            name: "PythonHost", dependencies: ["CPosix", "PipelineCore"], resources: [.embedInCode("Resources")],
            swiftSettings: strict),
        .testTarget(
            name: "PythonHostTests", dependencies: ["PythonHost", "CPosix", "PipelineCore"], swiftSettings: strict),

        // Files -> DAGs: serialized JSON, dag.yaml, the DAGs folder.
        .target(
            name: "DAGParsing",
            dependencies: ["PipelineCore", .product(name: "Crypto", package: "swift-crypto"), "Yams"],
            resources: [.embedInCode("Resources")], swiftSettings: strict),
        .testTarget(
            name: "DAGParsingTests",
            dependencies: ["DAGParsing", "PipelineCore", "PipelineTestSupport", "PythonHost"],
            swiftSettings: strict),

        // The metadata store, and the C libraries that it stands on.
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .target(
            name: "MetadataStore",
            dependencies: [
                "PipelineCore", "CSQLite", "CLibPQ", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
            ],
            resources: [
                .embedInCode("SQLite/Queries"), .embedInCode("SQLite/Migrations"), .embedInCode("Postgres/Queries"),
                .embedInCode("Postgres/Migrations"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "MetadataStoreTests",
            dependencies: ["MetadataStore", "PipelineTestSupport", "PipelineCore", "CSQLite", "CLibPQ"],
            swiftSettings: strict),

        // Tasks as processes of this machine: stock operators without Python, the Task SDK's runner for the rest.
        .target(
            name: "LocalExecutor", dependencies: ["ChildProcesses", "CPosix", "Jinja", "PythonHost", "PipelineCore"],
            swiftSettings: strict),
        .testTarget(
            name: "LocalExecutorTests",
            dependencies: [
                "LocalExecutor", "ChildProcesses", "PipelineCore", "PipelineTestSupport", "CPosix", "PythonHost", "Jinja",
            ],
            swiftSettings: strict),

        // The commands, and the only place that wires modules.
        .target(
            name: "PipelineCommands",
            dependencies: [
                "ChildProcesses", "CPosix", "DAGParsing", "HTTPTransport", "K8sPodExecutor", "KubernetesClient",
                "LocalExecutor", "MetadataStore", "Notifications", "PipelineCore", "PodmanExecutor", "PythonHost", "Stages",
                "TaskTokens",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: strict),

        // Measures the executor of pods against the double of Kubernetes in another process (Benchmarks/README.md).
        .executableTarget(
            name: "pods-benchmark",
            dependencies: ["CPosix", "K8sPodExecutor", "KubernetesClient", "PipelineCore", "PipelineTestSupport"],
            path: "Benchmarks/Pods", swiftSettings: strict),

        // The recipe for CIFAR-100 as a program over the tensor core.
        .executableTarget(
            name: "cifar100-example", dependencies: ["Tensor"], path: "examples/cifar100", exclude: ["README.md"],
            swiftSettings: strict),
        .testTarget(
            name: "PipelineCommandsTests",
            dependencies: ["PipelineCommands", "K8sPodExecutor", "KubernetesClient", "PipelineCore", "Stages"],
            swiftSettings: strict),

        // The program.
        .executableTarget(
            name: "pipeline",
            dependencies: [
                "CPosix", "PipelineCommands", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "BinaryTests", dependencies: ["pipeline", "PipelineCore", "PipelineTestSupport"], swiftSettings: strict),
    ],
    cLanguageStandard: .c11
)
