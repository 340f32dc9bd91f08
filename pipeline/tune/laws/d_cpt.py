"""The D-CPT law: loss over model size, tokens and the share of the text that is validated (arXiv 2406.01375, eq. 4).

L(N, D, r) = E + A / N^alpha + B r^eta / D^beta + C / (r + epsilon)^gamma, fitted once for the new text with r its share
and once for general text with r the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
from scipy.optimize import brentq

from pipeline.tune.laws.fitting import Floats, Inputs, Law

PARAMETERS = ("log_E", "log_A", "alpha", "log_B", "eta", "beta", "log_C", "log_epsilon", "gamma")


def formula(values: Floats, inputs: Inputs) -> Floats:
    """Return the loss; inputs ``size`` (parameters), ``tokens`` and ``share`` (above 0). Constants are logarithms."""
    e, a, alpha, b, eta, beta, c, epsilon, gamma = values
    size, tokens, share = inputs["size"], inputs["tokens"], inputs["share"]
    return np.asarray(
        np.exp(e)
        + np.exp(a) / size**alpha
        + np.exp(b) * share**eta / tokens**beta
        + np.exp(c) / (share + np.exp(epsilon)) ** gamma
    )


D_CPT = Law(
    "D-CPT law",
    PARAMETERS,
    formula,
    starts=tuple(
        (e, a, 0.3, b, eta, 0.3, c, -2.0, gamma)
        for e, a, b, eta, c, gamma in product((0.0, 0.7), (2.0, 5.0), (2.0, 5.0), (0.1,), (-3.0, -1.0), (0.1, 0.5))
    ),
)


def largest_share(general: Callable[[float], float], bound: float) -> float:
    """Return the largest share of new text whose general loss is at most ``bound``: the paper's first use.

    ``general`` gives the general loss of a share of new text and grows with it. Raises ValueError where even no new
    text at all exceeds the bound.
    """
    low, high = 1e-6, 1 - 1e-6
    if general(low) > bound:
        raise ValueError(f"general loss is {general(low):.4f} without new text already, above {bound:.4f}")
    if general(high) <= bound:
        return 1.0
    return float(brentq(lambda share: general(share) - bound, low, high))
