import K8sPodExecutor
import KubernetesClient
import PipelineCore

/// The volumes of a pod on this machine: named volumes of podman's, folders, memory.
struct PodVolumes {
    /// Where a volume's content is.
    private enum Place {
        /// A named volume that goes with the pod.
        case own(String)
        /// A named volume that stays: what a claim is in a cluster.
        case kept(String, isReadOnly: Bool)
        case folder(String)
        /// `nil`: no limit but the machine's.
        case memory(bytes: Int?)
    }

    private static let sharedMemoryPath = "/dev/shm"

    private let request: PodRequest
    private var places: [String: Place] = [:]
    private(set) var foldersToMake: [String] = []

    init(_ request: PodRequest) throws {
        self.request = request
        for (index, volume) in (request.pod["spec"]?["volumes"]?.arrayValue ?? []).enumerated() {
            let name = volume["name"]?.stringValue ?? ""
            places[name] = try place(volume, name, at: "spec.volumes[\(index)] (\(name))")
        }
    }

    /// Those that go with the pod.
    var ownNames: [String] {
        places.values.compactMap { if case .own(let name) = $0 { name } else { nil } }.sorted()
    }

    /// The volume that the result is written to: podman has no termination message.
    var resultName: String { "\(request.name)-result" }
    /// Where a sidecar is asked for, the pod has a volume for the result by itself.
    var hasResult: Bool { request.plan.pushesXCom && !request.plan.hasSidecar }
    private static let resultFolder = "/" + PodDefaults.xcomPath.split(separator: "/").dropLast().joined(separator: "/")

    private mutating func place(_ volume: JSONValue, _ name: String, at path: String) throws -> Place {
        if let empty = volume["emptyDir"], !empty.isNull {
            guard empty["medium"]?.stringValue == "Memory" else { return .own("\(request.name)-\(name)") }
            return .memory(bytes: try bytes(empty["sizeLimit"], at: path))
        }
        if let source = volume["hostPath"], !source.isNull {
            let folder = source["path"]?.stringValue ?? ""
            guard folder.hasPrefix("/"), !folder.contains(":") else {
                throw PodBuildError("\(path).hostPath", "'\(folder)' is no absolute path without a colon")
            }
            if source["type"]?.stringValue == "DirectoryOrCreate" { foldersToMake.append(folder) }
            return .folder(folder)
        }
        if let claim = volume["persistentVolumeClaim"], let name = claim["claimName"]?.stringValue {
            return .kept(name, isReadOnly: claim["readOnly"]?.boolValue == true)
        }
        let kind = volume.objectValue?.first { $0.key != "name" && !$0.value.isNull }?.key ?? "nothing"
        throw PodBuildError(path, "a volume of kind \(kind) exists in a cluster only; podman has emptyDir, hostPath and "
            + "persistentVolumeClaim (a named volume)")
    }

    private func bytes(_ size: JSONValue?, at path: String) throws -> Int? {
        guard let size, !size.isNull else { return nil }
        let text = size.stringValue ?? size.serialized()
        guard let quantity = Quantity(text) else { throw PodBuildError("\(path).sizeLimit", "'\(text)' is no quantity") }
        return quantity.roundedUp
    }

    /// The options that mount what a container asks for.
    func options(_ container: JSONValue, role: PodmanPod.Role, at place: String) throws -> [String] {
        var options: [String] = []
        for (index, mount) in (container["volumeMounts"]?.arrayValue ?? []).enumerated() {
            let path = "\(place).volumeMounts[\(index)]"
            _ = try FieldRules.mount.check(mount, at: path)
            options += try option(mount, at: path)
        }
        guard role == .base, hasResult else { return options }
        return options + ["--volume", "\(resultName):\(Self.resultFolder):U"]
    }

    private func option(_ mount: JSONValue, at path: String) throws -> [String] {
        let name = mount["name"]?.stringValue ?? ""
        guard let target = mount["mountPath"]?.stringValue, target.hasPrefix("/"), !target.contains(":") else {
            throw PodBuildError("\(path).mountPath", "an absolute path without a colon is needed")
        }
        guard let place = places[name] else { throw PodBuildError(path, "there is no volume '\(name)'") }
        let part = mount["subPath"]?.stringValue ?? ""
        let isReadOnly = mount["readOnly"]?.boolValue == true
        switch place {
        case .folder(let folder):
            let source = part.isEmpty ? folder : "\(folder)/\(part)"
            return ["--volume", "\(source):\(target):\(isReadOnly ? "ro" : "rw")"]
        case _ where !part.isEmpty: throw PodBuildError("\(path).subPath", "podman has it for hostPath only")
        // U gives the volume to the user of the container, as fsGroup would.
        case .own(let volume): return ["--volume", "\(volume):\(target):\(isReadOnly ? "ro" : "U")"]
        case .kept(let volume, let isClaimReadOnly):
            return ["--volume", "\(volume):\(target):\(isReadOnly || isClaimReadOnly ? "ro" : "U")"]
        case .memory(let bytes): return try memoryOption(name, target, bytes, at: path)
        }
    }

    private func memoryOption(_ name: String, _ target: String, _ bytes: Int?, at path: String) throws -> [String] {
        if target == Self.sharedMemoryPath { return ["--shm-size", bytes.map { "\($0)b" } ?? "0"] }
        guard mounts(of: name) == 1 else {
            throw PodBuildError(path, "with podman, a volume in memory cannot be shared between containers")
        }
        return ["--tmpfs", "\(target):mode=1777\(bytes.map { ",size=\($0)" } ?? "")"]
    }

    private func mounts(of volume: String) -> Int {
        let spec = request.pod["spec"]
        let containers = (spec?["containers"]?.arrayValue ?? []) + (spec?["initContainers"]?.arrayValue ?? [])
        return containers.flatMap { $0["volumeMounts"]?.arrayValue ?? [] }.count { $0["name"]?.stringValue == volume }
    }
}
