/// Where each parameter lies in a model's one buffer, counted in floats: decayed weights, then norms and biases, then
/// statistics, so that an optimizer works on two flat ranges and gradients can use the same offsets.
struct ParameterLayout {
    /// By index of the parameter.
    let offsets: [Int]
    /// Floats of the weights, from offset 0.
    let decayed: Int
    /// Floats of everything that is trained, from offset 0.
    let trained: Int
    let total: Int

    init(_ parameters: [ParameterSpec]) {
        var offsets = [Int](repeating: 0, count: parameters.count)
        var end = 0
        var ends: [Int] = []
        for role in [ParameterSpec.Role.weight, .normOrBias, .statistic] {
            for index in parameters.indices where parameters[index].role == role {
                offsets[index] = end
                end += Self.aligned(parameters[index].shape.count)
            }
            ends.append(end)
        }
        self.offsets = offsets
        (decayed, trained, total) = (ends[0], ends[1], ends[2])
    }

    /// Parameters begin at cache lines; the floats between them stay 0.
    private static func aligned(_ count: Int) -> Int {
        (count + MemoryPlan.alignment - 1) / MemoryPlan.alignment * MemoryPlan.alignment
    }
}
