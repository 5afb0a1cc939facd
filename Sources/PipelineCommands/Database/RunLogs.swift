import Glibc
import PipelineCore

/// The log files of runs, below one folder.
struct RunLogs: Sendable {
    let folder: String

    /// Removes all logs of the runs, and the folder of a DAG that has none left.
    func remove(_ runs: [RunKey]) {
        for run in runs {
            guard let path = LogPath.folder(of: run) else { continue }
            Paths.removeTree(folder + "/" + path)
            rmdir(folder + "/" + path.prefix { $0 != "/" })
        }
    }
}
