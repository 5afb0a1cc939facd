package import PipelineCore

extension PodExecutor: WorkerLauncher {
    package func runWorker(_ launch: TaskLaunch, reporter: any PodReporter) async throws -> WorkerEnd {
        guard let workers else {
            throw PodFailure(.configuration, "this process makes no pods of workers")
        }
        let builder = WorkerPodBuilder(cluster.settings)
        // Before anything is made: what is missing is the installation's fault, not a pod's.
        _ = try PodBuild({ try builder.build(launch) }, memory: nil).request()
        let settings = cluster.settings.workers
        let work = WorkerRun(
            launch: launch, reports: workers.reports, endGrace: settings.endGrace, clock: cluster.clock
        ) { [self] in
            let plan = PodLaunch.Plan(
                launch: launch.id, run: launch.run.key, priority: launch.instance.priorityWeight,
                mayFollow: { await workers.reports.restart(launch.id) },
                build: { attempt in { try builder.build(launch, attempt: attempt) } },
                sealed: { request in
                    builder.sealed(request, launch, token: workers.token(for: launch.id, lifetime: settings.tokenLifetime))
                })
            return try await PodLaunch(plan, cluster: cluster, reporter: reporter).result()
        }
        return try await work.run()
    }
}
