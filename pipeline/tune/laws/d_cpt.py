"""The D-CPT law: loss over model size, tokens and the share of the text that is validated (arXiv 2406.01375, eq. 4).

L(N, D, r) = E + A / N^alpha + B r^eta / D^beta + C / (r + epsilon)^gamma, fitted once for the new text with r its share
and once for general text with r the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np

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


def formula_at_one_size(values: Floats, inputs: Inputs) -> Floats:
    """Return the loss; inputs ``tokens`` and ``share``. What the size adds is part of E."""
    e, b, eta, beta, c, epsilon, gamma = values
    tokens, share = inputs["tokens"], inputs["share"]
    return np.asarray(
        np.exp(e) + np.exp(b) * share**eta / tokens**beta + np.exp(c) / (share + np.exp(epsilon)) ** gamma
    )


AT_ONE_SIZE = Law(
    "D-CPT law at one size",
    ("log_E", "log_B", "eta", "beta", "log_C", "log_epsilon", "gamma"),
    formula_at_one_size,
    starts=tuple(
        (e, b, eta, beta, c, -2.0, gamma)
        for e, b, eta, beta, c, gamma in product(
            (0.0, 0.5, 1.0), (-3.0, -1.0), (-0.1, 0.3), (0.1, 0.5), (-3.0, -1.0), (0.2, 1.0)
        )
    ),
)
"""For tokens in units of the longest run: then all constants are near 1."""


def largest_share(general: Callable[[float], float], bound: float, among: tuple[float, float] = (1e-6, 1.0)) -> float:
    """Return the largest share of new text whose general loss is at most ``bound``: the paper's first use.

    ``general`` gives the general loss of a share of new text and grows with it; shares are sought ``among`` two.
    Raises ValueError where even the smaller of them exceeds the bound.
    """
    from scipy.optimize import brentq

    low, high = among
    if general(low) > bound:
        raise ValueError(f"general loss is {general(low):.4f} at a share of {low:g} already, above {bound:.4f}")
    if general(high) <= bound:
        return high
    return float(brentq(lambda share: general(share) - bound, low, high))
