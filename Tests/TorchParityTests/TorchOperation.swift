import CTensor

@testable import Tensor

/// Runs a case's operation with our kernels, forward and backward.
enum TorchOperation {
    struct Unknown: Error { let name: String }

    static func run(_ source: TorchCase, on device: Device) throws -> Operands {
        let operands = try Operands(source, on: device)
        switch source.operation {
        case "conv2d": try conv2d(source, operands)
        case "batch_norm": try batchNorm(source, operands)
        case "relu": try relu(source, operands)
        case "max_pool": try maxPool(source, operands)
        case "average_pool": try averagePool(source, operands)
        case "linear": try linear(source, operands)
        case "cross_entropy": try crossEntropy(source, operands)
        case "image_input": try imageInput(source, operands)
        case "sgd": try sgd(source, operands)
        case "adamw": try adamW(source, operands)
        default: throw Unknown(name: source.operation)
        }
        return operands
    }

    private static func conv2d(_ source: TorchCase, _ operands: Operands) throws {
        var op = ct_conv2d()
        (op.in_height, op.in_width) = (source.integer("height"), source.integer("width"))
        (op.in_channels, op.out_channels) = (source.integer("in_channels"), source.integer("out_channels"))
        (op.kernel, op.stride, op.padding) = (
            source.integer("kernel"), source.integer("stride"), source.integer("padding")
        )
        (op.x, op.weight, op.dy) = (
            try operands.input("x"), try operands.input("weight"), try operands.input("dy")
        )
        (op.y, op.dx, op.dweight) = (
            try operands.output("y"), try operands.output("dx"), try operands.output("dweight")
        )
        for pass in [CT_FORWARD, CT_BACKWARD, CT_BACKWARD_WEIGHTS] {
            try operands.run(batch: source.integer("batch")) { ct_program_add_conv2d($0, pass, &op) }
        }
    }

    private static func batchNorm(_ source: TorchCase, _ operands: Operands) throws {
        var op = ct_batch_norm()
        (op.height, op.width, op.channels) = (
            source.integer("height"), source.integer("width"), source.integer("channels")
        )
        (op.epsilon, op.momentum, op.relu) = (
            source.number("epsilon"), source.number("momentum"), source.integer("relu")
        )
        (op.x, op.gamma, op.beta) = (try operands.input("x"), try operands.input("gamma"), try operands.input("beta"))
        (op.residual, op.dy) = (try operands.input("residual"), try operands.input("dy"))
        op.running_mean = try operands.inOut("running_mean")
        op.running_variance = try operands.inOut("running_var")
        op.saved = try operands.add("saved", [Float](repeating: 0, count: 2 * Int(op.channels)))
        (op.y, op.dx, op.dresidual) = (
            try operands.output("y"), try operands.output("dx"), try operands.output("dresidual")
        )
        (op.dgamma, op.dbeta) = (try operands.output("dgamma"), try operands.output("dbeta"))
        let isTraining = source.integer("train") == 1
        for pass in isTraining ? [CT_FORWARD, CT_BACKWARD] : [CT_FORWARD_EVAL] {
            try operands.run(batch: source.integer("batch")) { ct_program_add_batch_norm($0, pass, &op) }
        }
    }

    private static func relu(_ source: TorchCase, _ operands: Operands) throws {
        var op = ct_relu()
        op.elements = source.integer("elements")
        (op.x, op.dy) = (try operands.input("x"), try operands.input("dy"))
        (op.y, op.dx) = (try operands.output("y"), try operands.output("dx"))
        for pass in [CT_FORWARD, CT_BACKWARD] {
            try operands.run(batch: source.integer("batch")) { ct_program_add_relu($0, pass, &op) }
        }
    }

    private static func maxPool(_ source: TorchCase, _ operands: Operands) throws {
        var op = ct_max_pool()
        (op.height, op.width) = (source.integer("height"), source.integer("width"))
        (op.channels, op.size) = (source.integer("channels"), source.integer("size"))
        (op.x, op.dy) = (try operands.input("x"), try operands.input("dy"))
        (op.y, op.dx) = (try operands.output("y"), try operands.output("dx"))
        for pass in [CT_FORWARD, CT_BACKWARD] {
            try operands.run(batch: source.integer("batch")) { ct_program_add_max_pool($0, pass, &op) }
        }
    }

    private static func averagePool(_ source: TorchCase, _ operands: Operands) throws {
        var op = ct_average_pool()
        (op.height, op.width, op.channels) = (
            source.integer("height"), source.integer("width"), source.integer("channels")
        )
        (op.x, op.dy) = (try operands.input("x"), try operands.input("dy"))
        (op.y, op.dx) = (try operands.output("y"), try operands.output("dx"))
        for pass in [CT_FORWARD, CT_BACKWARD] {
            try operands.run(batch: source.integer("batch")) { ct_program_add_average_pool($0, pass, &op) }
        }
    }

    private static func linear(_ source: TorchCase, _ operands: Operands) throws {
        var op = ct_linear()
        (op.in_features, op.out_features) = (source.integer("in_features"), source.integer("out_features"))
        (op.x, op.weight, op.bias, op.dy) = (
            try operands.input("x"), try operands.input("weight"), try operands.input("bias"),
            try operands.input("dy")
        )
        (op.y, op.dx) = (try operands.output("y"), try operands.output("dx"))
        (op.dweight, op.dbias) = (try operands.output("dweight"), try operands.output("dbias"))
        for pass in [CT_FORWARD, CT_BACKWARD, CT_BACKWARD_WEIGHTS] {
            try operands.run(batch: source.integer("batch")) { ct_program_add_linear($0, pass, &op) }
        }
    }

    private static func crossEntropy(_ source: TorchCase, _ operands: Operands) throws {
        var op = ct_cross_entropy()
        (op.classes, op.smoothing) = (source.integer("classes"), source.number("smoothing"))
        op.logits = try operands.input("logits")
        op.labels = try operands.add("labels", integers: source.integers("labels"))
        (op.loss, op.dlogits) = (try operands.output("loss"), try operands.output("dlogits"))
        try operands.run(batch: source.integer("batch")) { ct_program_add_cross_entropy($0, &op) }
    }

    private static func imageInput(_ source: TorchCase, _ operands: Operands) throws {
        var op = ct_image_input()
        (op.channels, op.height, op.width) = (
            source.integer("channels"), source.integer("height"), source.integer("width")
        )
        let (mean, deviation) = (source.floats("mean") ?? [], source.floats("deviation") ?? [])
        (op.mean.0, op.mean.1, op.mean.2) = (mean[0], mean[1], mean[2])
        (op.deviation.0, op.deviation.1, op.deviation.2) = (deviation[0], deviation[1], deviation[2])
        op.rows = try operands.add("rows", bytes: source.bytes("rows"))
        op.placement = try operands.add("placement", integers: source.integers("placement"))
        op.y = try operands.output("y")
        try operands.run(batch: source.integer("batch")) { ct_program_add_image_input($0, &op) }
    }

    private static func sgd(_ source: TorchCase, _ operands: Operands) throws {
        var op = ct_sgd()
        op.elements = Int64(source.integer("elements"))
        (op.momentum, op.weight_decay) = (source.number("momentum"), source.number("weight_decay"))
        op.nesterov = source.integer("nesterov")
        (op.parameter, op.velocity) = (try operands.inOut("parameter"), try operands.inOut("velocity"))
        (op.gradient, op.hyper) = (try operands.input("gradient"), try operands.input("hyper"))
        try operands.run(batch: 1) { ct_program_add_sgd($0, &op) }
    }

    private static func adamW(_ source: TorchCase, _ operands: Operands) throws {
        var op = ct_adamw()
        op.elements = Int64(source.integer("elements"))
        (op.beta1, op.beta2) = (source.double("beta1"), source.double("beta2"))
        (op.epsilon, op.weight_decay) = (source.number("epsilon"), source.number("weight_decay"))
        op.parameter = try operands.inOut("parameter")
        (op.first_moment, op.second_moment) = (try operands.inOut("exp_avg"), try operands.inOut("exp_avg_sq"))
        (op.gradient, op.hyper) = (try operands.input("gradient"), try operands.input("hyper"))
        try operands.run(batch: 1) { ct_program_add_adamw($0, &op) }
    }
}
