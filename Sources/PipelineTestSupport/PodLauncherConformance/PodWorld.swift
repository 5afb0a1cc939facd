package import PipelineCore

/// What a pod of a check does.
package enum PodBehaviour: Sendable, Hashable {
    /// Writes these lines, runs for so long, leaves the result and ends with the code.
    case ends(code: Int = 0, lines: [String] = [], result: String? = nil, after: Duration = .seconds(1))
    /// Writes a line and runs until it is ended.
    case runs(line: String)
    /// Its image is nowhere.
    case imageMissing
}

/// Where the pods of a launcher are, as the checks see it: a double in simulated time, or the real thing.
package protocol PodWorld: Sendable {
    /// A launcher as a process has it that has just started, beside those before it.
    func newProcess() -> any PodLauncher
    /// Attributes of an operator whose pod does this; the world knows from now on.
    func attributes(for behaviour: PodBehaviour) -> JSONObject
    /// A launch that no other check has.
    func launch(_ taskID: String) -> TaskLaunch
    /// Lets time pass.
    /// - Returns: whether the condition held before the world lost its patience.
    func passes(until condition: @escaping @Sendable () -> Bool) async -> Bool
    /// Lets a moment pass.
    func pause() async
    /// How many containers of pods run.
    func runningContainers() async throws -> Int
    /// How many pods were made so far.
    func podsMade() async throws -> Int
}
