"""The model ladder: from size and tokens to a task's loss, and from that to its accuracy (arXiv 2412.04403)."""

from __future__ import annotations

from itertools import product

import numpy as np

from pipeline.tune.laws.fitting import Floats, Inputs, Law


def task_loss(values: Floats, inputs: Inputs) -> Floats:
    """Return nats per byte of the right answer: exp(A) / N^a + exp(B) / D^b + exp(E) (step 1)."""
    a, alpha, b, beta, e = values
    return np.asarray(np.exp(a) / inputs["size"] ** alpha + np.exp(b) / inputs["tokens"] ** beta + np.exp(e))


TASK_LOSS = Law(
    "task loss over size and tokens",
    ("log_A", "alpha", "log_B", "beta", "log_E"),
    task_loss,
    starts=tuple(
        (a, alpha, b, beta, e)
        for a, alpha, b, beta, e in product(
            (-3.0, -1.0, 1.0, 4.0), (0.2, 0.5), (-3.0, -1.0, 1.0, 4.0), (0.2, 0.5), (-2.0, 0.0)
        )
    ),
)


def accuracy(values: Floats, inputs: Inputs) -> Floats:
    """Return the share of right answers at a task loss: a / (1 + exp(-k (L - L0))) + b (step 2)."""
    a, k, middle, b = values
    return np.asarray(a / (1 + np.exp(-k * (inputs["loss"] - middle))) + b)


ACCURACY = Law(
    "accuracy over task loss",
    ("a", "k", "L0", "b"),
    accuracy,
    starts=tuple(product((-0.8, -0.4), (2.0, 6.0, 12.0), (0.3, 0.8, 1.5), (0.6, 1.0))),
    scale="plain",
    delta=1e-2,
)
