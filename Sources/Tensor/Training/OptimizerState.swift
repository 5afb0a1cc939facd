import CTensor
import Glibc

/// An optimizer at work on one model: its arrays, laid out as the parameters are, and the program of a step.
final class OptimizerState {
    let optimizer: Optimizer
    private let layout: ParameterLayout
    /// One for each of `Optimizer.stateNames`.
    let arrays: [BufferHandle]
    private let hyper: BufferHandle
    private let program: ProgramHandle

    init(_ optimizer: Optimizer, _ layout: ParameterLayout, parameters: BufferHandle, gradients: BufferHandle)
        throws(TensorError)
    {
        let device = parameters.device
        self.optimizer = optimizer
        self.layout = layout
        var arrays: [BufferHandle] = []
        for _ in optimizer.stateNames { arrays.append(try BufferHandle(device, floats: layout.trained)) }
        self.arrays = arrays
        hyper = try BufferHandle(device, floats: 4)
        program = try ProgramHandle(device, maxBatch: 1, buffers: arrays + [parameters, gradients, hyper])
        let plain = optimizer.decaysNormsAndBiases ? optimizer.weightDecay : 0
        try add(0..<layout.decayed, optimizer.weightDecay, parameters, gradients)
        try add(layout.decayed..<layout.trained, plain, parameters, gradients)
        try program.seal()
    }

    private func add(
        _ range: Range<Int>, _ decay: Float, _ parameters: BufferHandle, _ gradients: BufferHandle
    ) throws(TensorError) {
        guard !range.isEmpty else { return }
        let (parameter, gradient) = (parameters.view(range.lowerBound), gradients.view(range.lowerBound))
        switch optimizer.rule {
        case .sgd(let momentum, let nesterov):
            var operation = ct_sgd(
                elements: Int64(range.count), momentum: momentum, weight_decay: decay, nesterov: nesterov ? 1 : 0,
                parameter: parameter, gradient: gradient, velocity: arrays[0].view(range.lowerBound),
                hyper: hyper.view(0))
            try check(ct_program_add_sgd(program.pointer, &operation))
        case .adamW(let beta1, let beta2, let epsilon):
            var operation = ct_adamw(
                elements: Int64(range.count), beta1: beta1, beta2: beta2, epsilon: epsilon, weight_decay: decay,
                parameter: parameter, gradient: gradient, first_moment: arrays[0].view(range.lowerBound),
                second_moment: arrays[1].view(range.lowerBound), hyper: hyper.view(0))
            try check(ct_program_add_adamw(program.pointer, &operation))
        }
    }

    /// Moves all parameters; `step` counts from 0.
    func apply(learningRate: Float, step: Int) throws(TensorError) {
        var values: (Float, Float, Float, Float) = (learningRate, 1, 1, 0)
        if case .adamW(let beta1, let beta2, _) = optimizer.rule {
            values.1 = Float(1 - pow(beta1, Double(step + 1)))
            values.2 = Float((1 - pow(beta2, Double(step + 1))).squareRoot())
        }
        let status = withUnsafeBytes(of: &values) { ct_buffer_write(hyper.pointer, 0, $0.baseAddress, 16) }
        try check(status)
        try program.run(batch: 1)
    }
}
