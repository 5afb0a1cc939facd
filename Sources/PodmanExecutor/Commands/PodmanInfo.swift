import PipelineCore

/// What `podman info` says that matters here.
struct PodmanInfo: Sendable, Hashable {
    /// The oldest version that the executor's commands exist in.
    static let oldest = (major: 4, minor: 0)

    var version: String
    /// The commands reach a podman on another machine, or in a virtual one.
    var isRemote: Bool
    var isRootless: Bool
    /// Ranges of user ids that containers may have; none for root, which has all.
    var idRanges: Int
    var cgroupVersion: String

    init(json: JSONValue) {
        let host = json["host"]
        version = json["version"]?["Version"]?.stringValue ?? ""
        isRemote = host?["serviceIsRemote"]?.boolValue ?? false
        isRootless = host?["security"]?["rootless"]?.boolValue ?? false
        idRanges = host?["idMappings"]?["uidmap"]?.arrayValue?.count ?? 0
        cgroupVersion = host?["cgroupVersion"]?.stringValue ?? ""
    }

    /// Why pods cannot run with this podman, and the mend; `nil`: they can.
    var problem: String? {
        let numbers = version.split(separator: ".").map { Int($0) ?? 0 }
        guard let major = numbers.first, numbers.count > 1, (major, numbers[1]) >= Self.oldest else {
            return "podman \(version.isEmpty ? "of an unknown version" : version) is too old: "
                + "install \(Self.oldest.major).\(Self.oldest.minor) or later"
        }
        if isRemote {
            return "podman runs its containers on another machine; their logs are read from this one's disk: "
                + "unset CONTAINER_HOST, or run pipeline where podman's service runs"
        }
        // One range alone is the user's own id: no image with another user can be unpacked or run.
        guard !isRootless || idRanges > 1 else {
            return "this user has no ids for containers: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 "
                + "USER, then podman system migrate"
        }
        return nil
    }

    /// What will not hold on this machine, for people; `nil`: nothing.
    var warning: String? {
        guard isRootless, cgroupVersion == "v1" else { return nil }
        return "podman without root cannot limit memory and processors on cgroups v1; limits of pods have no effect"
    }
}
