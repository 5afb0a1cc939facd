import Testing

import Tensor

@Suite struct ScheduleTests {
    /// Recorded from torch.optim.lr_scheduler.OneCycleLR(max_lr=0.4, total_steps=20).
    @Test func oneCycleGivesPyTorchsNumbers() {
        let schedule = Schedule.oneCycle(peak: 0.4, steps: 20)
        let expected: [Int: Float] = [0: 0.016, 3: 0.267331263, 5: 0.4, 6: 0.394985602, 12: 0.2000008, 19: 1.6e-06]
        for (step, rate) in expected { #expect(abs(schedule.learningRate(at: step) - rate) < 1e-7, "step \(step)") }
    }

    @Test func cosineRisesThenFallsToZero() {
        let schedule = Schedule.cosine(peak: 1, steps: 10, warmup: 2)
        #expect(schedule.learningRate(at: 0) == 0.5)
        #expect(schedule.learningRate(at: 2) == 1)
        #expect(abs(schedule.learningRate(at: 6) - 0.5) < 1e-6)
        #expect(abs(schedule.learningRate(at: 10)) < 1e-7)
    }

    @Test func stepMultipliesAfterEachSpan() {
        let schedule = Schedule.step(initial: 1, every: 3, factor: 0.5)
        #expect((0..<7).map(schedule.learningRate) == [1, 1, 1, 0.5, 0.5, 0.5, 0.25])
        #expect(Schedule.constant(0.1).learningRate(at: 1_000_000) == 0.1)
    }
}
