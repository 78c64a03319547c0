"""Weights from package sizes such as ``16 OZ`` and ``2.5 LB``."""

import re

SIZE = re.compile(r"\s*(\d+)(?:\.(\d))?\s*(OZ|LB)\b")
TENTHS_OF_A_GRAM = {"OZ": 283, "LB": 4536}


def grams_of(package_size: str) -> int:
    """Whole grams; 0 for sizes that are counts, volumes, ranges or nothing."""
    found = SIZE.match(package_size)
    if found is None:
        return 0
    tenths = int(found[1]) * 10 + int(found[2] or 0)
    return tenths * TENTHS_OF_A_GRAM[found[3]] // 100
