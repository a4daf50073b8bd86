"""How small an effect could be seen, and how many people it takes. Two-sided tests throughout."""

from __future__ import annotations

import math

from siyu.analytics.experiments.curves import below, z_at, z_of


def z_sum(level: float = 0.95, power: float = 0.8) -> float:
    """z of the test's two-sided level plus z of its power: 2.8016 at 95 % and 80 %."""
    return z_of(level) + z_at(power)


def smallest_effect(
    sigma_t: float, n_t: int, sigma_c: float, n_c: int, *, level: float = 0.95, power: float = 0.8, cut: float = 0.0
) -> float:
    """The smallest true difference of means that is seen with this power (the MDE); arms need not be equal.

    `cut` is the part of the variance that CUPED is expected to take away. Infinite when an arm is empty.
    """
    if n_t < 1 or n_c < 1:
        return math.inf
    return z_sum(level, power) * math.sqrt((1 - cut) * (sigma_t**2 / n_t + sigma_c**2 / n_c))


def power_of(difference: float, error: float, *, level: float = 0.95) -> float:
    """The chance that a true `difference` is seen when its estimate has this standard error."""
    if error <= 0:
        return 1.0 if difference else 1 - level
    if math.isinf(error):
        return 1 - level
    z, shift = z_of(level), abs(difference) / error
    return below(shift - z) + below(-z - shift)


def needed_for_means(
    sigma_t: float, sigma_c: float, difference: float, *, share_c: float = 0.5, level: float = 0.95, power: float = 0.8, cut: float = 0.0
) -> float:
    """People in both arms together to see a difference of means when the control is `share_c` of them."""
    return z_sum(level, power) ** 2 * (1 - cut) * (sigma_t**2 / (1 - share_c) + sigma_c**2 / share_c) / difference**2


def price_of_share(share_c: float) -> float:
    """How many times larger the smallest visible effect is with this holdout than with an even split: 1.67 at 10 %."""
    return math.inf if share_c <= 0 or share_c >= 1 else 0.5 / math.sqrt(share_c * (1 - share_c))
