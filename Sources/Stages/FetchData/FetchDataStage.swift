package import PipelineCore

/// Brings CIFAR-10 or CIFAR-100 into a folder, or makes a synthetic set of the same format. Done twice, it works once.
package struct FetchDataStage: Stage {
    package init() {}

    package var name: String { "fetch_data" }

    package var summary: String { "Downloads, verifies and unpacks CIFAR-10 or CIFAR-100, or makes a synthetic set" }

    package var parameters: [StageParameter] {
        [
            .choice(
                "dataset", of: CIFARFormat.all.map(\.name), default: "cifar100", help: "the data set and its row format"
            ),
            .text(
                "source", default: .null,
                help: "http, https or file URL, or path, of the binary archive or of a folder with it; or synthetic; "
                    + "left out: the authors' URL"),
            .text("out", default: "data", help: "folder that gets the data set and manifest.json"),
            .text(
                "md5", default: .null,
                help: "check sum the archive must have, or none; left out: the published one for the authors' URL"),
            .text("sha256", default: .null, help: "check sum the archive must have, beside md5"),
            .text(
                "cache", default: .null,
                help:
                    "folder that keeps downloaded archives for later runs; one without a check sum is used again while the "
                    + "server names the same version"),
            .integer("train", in: 1...1_000_000, default: 5_000, help: "images of a synthetic training set"),
            .integer("test", in: 1...1_000_000, default: 1_000, help: "images of a synthetic test set"),
            .integer("seed", in: 0...Int(Int32.max), default: 0, help: "seed of a synthetic set"),
        ]
    }

    package func run(_ context: StageContext) async throws -> JSONValue {
        let options = try FetchDataOptions(context.parameters)
        if let manifest = try finished(options, context) { return try report(manifest, options, context, true) }
        try FileIO.createDirectories(options.out)
        let lock = try await FileLock.wait(for: options.out + "/.fetch_data.lock", context)
        defer { withExtendedLifetime(lock) {} }
        // Who had the lock may have done the work.
        if let manifest = try finished(options, context) { return try report(manifest, options, context, true) }
        let manifest = try await DatasetFetch(options: options, context: context).run()
        return try report(manifest, options, context, false)
    }

    private func report(
        _ manifest: DatasetManifest, _ options: FetchDataOptions, _ context: StageContext, _ upToDate: Bool
    ) throws(StageError) -> JSONValue {
        try track(manifest, options, context)
        return result(manifest, options, upToDate: upToDate)
    }

    private func track(
        _ manifest: DatasetManifest, _ options: FetchDataOptions, _ context: StageContext
    ) throws(StageError) {
        let tracking = context.tracking
        tracking.params(manifest.request.merging(["synthetic": .bool(manifest.isSynthetic)]))
        tracking.metrics(["train_images": .int(manifest.trainImages), "test_images": .int(manifest.testImages)])
        let folder = FileIO.absolute(options.out)
        tracking.report(
            TrackingReport(
                artifacts: manifest.files.map {
                    ReportedArtifact(
                        name: $0.path, path: folder + "/" + $0.path, bytes: $0.bytes, sha256: $0.sha256)
                }))
        try tracking.artifacts([folder + "/" + DatasetManifest.fileName])
    }

    /// The manifest of an earlier run with the same request, when its files and its source are still as it says.
    private func finished(_ options: FetchDataOptions, _ context: StageContext) throws(StageError) -> DatasetManifest? {
        guard let manifest = try? DatasetManifest.load(from: options.out), manifest.request == options.request else {
            return nil
        }
        var difference = try manifest.difference(in: options.out)
        if difference == nil { difference = try options.source.difference(from: manifest) }
        guard let difference else { return manifest }
        context.progress.event("manifest_differs", ["reason": .string(difference)])
        return nil
    }

    private func result(_ manifest: DatasetManifest, _ options: FetchDataOptions, upToDate: Bool) -> JSONValue {
        [
            "data": .string(options.out), "dataset": .string(manifest.format.name),
            "synthetic": .bool(manifest.isSynthetic), "source": manifest.request["source"] ?? .null,
            "train_images": .int(manifest.trainImages), "test_images": .int(manifest.testImages),
            "classes": .int(manifest.format.classes), "up_to_date": .bool(upToDate),
            "sha256": .object(JSONObject(manifest.files.map { ($0.path, .string($0.sha256)) })),
        ]
    }
}
