package import PipelineCore

extension PodExecutor: WorkerLauncher {
    package func runWorker(_ launch: TaskLaunch, reporter: any PodReporter) async throws -> WorkerEnd {
        guard let workers else {
            throw PodFailure(.configuration, "this process makes no pods of workers")
        }
        let builder = WorkerPodBuilder(cluster.settings)
        // Before anything is made: what is missing is the installation's fault, not a pod's.
        _ = try PodBuild({ try builder.build(launch) }, memory: nil).request()
        let work = WorkerRun(
            launch: launch, reports: workers.reports, endGrace: cluster.settings.workers.endGrace, clock: cluster.clock
        ) { [self] in
            try await pods(of: launch, workers, builder, reporter).result()
        }
        return try await work.run()
    }

    // Not inlined: what it puts on the stack would wait with each pod.
    @inline(never)
    private func pods(
        of launch: TaskLaunch, _ workers: WorkerSupport, _ builder: WorkerPodBuilder, _ reporter: any PodReporter
    ) -> PodLaunch {
        let lifetime = cluster.settings.workers.tokenLifetime
        let plan = PodLaunch.Plan(
            launch: launch.id, run: launch.run.key, priority: launch.instance.priorityWeight,
            mayFollow: { await workers.reports.restart(launch.id) },
            build: { attempt in { try builder.build(launch, attempt: attempt) } },
            sealed: { builder.sealed($0, launch, token: workers.token(for: launch.id, lifetime: lifetime)) })
        return PodLaunch(plan, cluster: cluster, reporter: reporter)
    }
}
