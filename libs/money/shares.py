"""Splitting a whole number over weights without losing or inventing a unit."""

from collections.abc import Sequence


def split_by_weight(total: int, weights: Sequence[int]) -> list[int]:
    """Split ``total`` in proportion to ``weights`` (none negative, not all zero); the shares sum to it.

    Each share is the exact proportion rounded down or up. The units that rounding leaves over go to the
    largest fractions, the earlier position first, so the same input always gives the same shares.
    Raises ValueError for weights that cannot share.
    """
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise ValueError("weights must not be negative and one of them must be positive")
    if total < 0:
        return [-share for share in split_by_weight(-total, weights)]
    parts = [divmod(total * weight, whole) for weight in weights]
    shares = [share for share, _ in parts]
    left = total - sum(shares)
    by_fraction = sorted(range(len(parts)), key=lambda position: -parts[position][1])
    for position in by_fraction[:left]:
        shares[position] += 1
    return shares
