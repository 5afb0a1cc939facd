#!/usr/bin/env python3
"""Records scikit-learn's macro averages of made-up predictions, for ConfusionMatrixTests.

Usage: python scripts/make-metrics-golden.py > Tests/Fixtures/metrics/macro.json
Needs scikit-learn. The cases are seeded: the same scikit-learn gives the same file.
"""
import json
import random

from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support

# Classes, predictions, and how often a prediction is right. Few predictions leave classes without any.
SHAPES = [(2, 1, 1.0), (2, 7, 0.5), (3, 20, 0.0), (5, 6, 0.5), (10, 12, 0.3), (10, 500, 0.8), (100, 60, 0.5), (100, 1000, 0.6)]


def case(classes: int, count: int, share: float, generator: random.Random) -> dict:
    truth = [generator.randrange(classes) for _ in range(count)]
    prediction = [t if generator.random() < share else generator.randrange(classes) for t in truth]
    precision, recall, f1, _ = precision_recall_fscore_support(
        truth, prediction, average="macro", zero_division=0)
    return {
        "classes": classes, "truth": truth, "prediction": prediction,
        "accuracy": float(accuracy_score(truth, prediction)), "precision": float(precision),
        "recall": float(recall), "f1": float(f1),
        "hits": int(confusion_matrix(truth, prediction, labels=range(classes)).trace()),
    }


def main() -> None:
    generator = random.Random(20261127)
    cases = [case(*shape, generator) for shape in SHAPES for _ in range(3)]
    print(json.dumps(cases, separators=(",", ":")))


if __name__ == "__main__":
    main()
