import PipelineCore

/// I8: a run is pinned to one version of its DAG, and every launch of it carries that one.
enum VersionCheck {
    static func problems(_ save: RunSave) -> [String] {
        guard let old = save.old, old.dagVersionID != save.new.dagVersionID else { return [] }
        return ["I8: run \(save.new.key) was pinned to another version of its DAG"]
    }

    static func problems(_ launch: TaskLaunch, _ run: DAGRun?, _ versions: ClusterVersions) -> [String] {
        guard let pinned = versions.dag(of: run), launch.dag !== pinned else { return [] }
        return ["I8: task \(launch.instance.key) is launched with another version of its DAG than its run is pinned to"]
    }
}
