import PipelineCore

/// Tells people on standard error what a run does.
protocol RunDisplay: SchedulerObserver {
    /// A line of the program itself.
    func say(_ text: String)
    /// Some time has passed.
    func tick(at instant: Timestamp)
    /// Nothing more comes.
    func finish(at instant: Timestamp)
}
