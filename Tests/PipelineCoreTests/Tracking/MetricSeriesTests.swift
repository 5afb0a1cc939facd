import PipelineCore
import Testing

@Suite struct MetricSeriesTests {
    private let task = TaskInstanceKey(run: RunKey(dagID: "d", runID: "r"), taskID: "train")

    private func row(
        _ step: Int, _ value: Double, tryNumber: Int = 1, epoch: Int? = 1, _ name: String = "val_loss"
    ) -> TrackedMetric {
        TrackedMetric(
            task: task, name: name, step: step, epoch: epoch, value: value, tryNumber: tryNumber,
            timestamp: Timestamp(seconds: 0))
    }

    private func values(_ rows: [TrackedMetric]) -> [Double] {
        MetricSeries.all(in: rows).flatMap(\.points).map(\.value)
    }

    @Test func rowsAreGroupedByTaskAndNameAndSortedByStep() {
        var other = row(1, 9)
        other.task.mapIndex = 3
        let series = MetricSeries.all(in: [row(2, 2), row(1, 0.5, "lr"), row(1, 1), other])
        #expect(series.map(\.name) == ["val_loss", "lr", "val_loss"])
        #expect(series.map { $0.points.map(\.value) } == [[1, 2], [0.5], [9]])
        #expect(series[2].task.mapIndex == 3)
    }

    @Test func aTryThatGoesOnKeepsWhatCameBefore() {
        #expect(values([row(1, 1), row(2, 2), row(3, 3, tryNumber: 2)]) == [1, 2, 3])
    }

    @Test func whatALaterTryDidAnewIsLeftOutOfTheEarlierOne() {
        // Try 1 reached step 4; try 2 began anew at step 1 and has come to step 2.
        #expect(values([row(1, 10, tryNumber: 2), row(2, 20, tryNumber: 2), row(3, 3), row(4, 4)]) == [10, 20])
        #expect(values([row(1, 1), row(3, 30, tryNumber: 2), row(4, 4), row(5, 5)]) == [1, 30])
    }

    @Test func theBestDependsOnTheNameAndIsTheFirstAmongEquals() throws {
        let losses = try #require(MetricSeries.all(in: [row(1, .nan), row(2, 2), row(3, 1), row(4, 1)]).first)
        #expect(losses.best.step == 3 && losses.last.step == 4)
        let rows = [row(1, 0.5, "val_accuracy"), row(2, 0.75, "val_accuracy"), row(3, .nan, "val_accuracy")]
        #expect(MetricSeries.all(in: rows).first?.best.step == 2)
    }

    @Test func epochsAreTheAxisOnlyWhereAllPointsHaveOne() {
        #expect(MetricSeries.all(in: [row(1, 1)])[0].isByEpoch)
        #expect(!MetricSeries.all(in: [row(1, 1), row(2, 1, epoch: nil)])[0].isByEpoch)
    }
}
