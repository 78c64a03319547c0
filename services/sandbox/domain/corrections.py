"""Stock found or written off outside sales, as files of the back office."""

from collections import defaultdict
from datetime import datetime

from services.sandbox.domain.dice import Dice
from services.sandbox.domain.places import Places
from services.sandbox.domain.receipts import CorrectionFile
from services.sandbox.domain.trade import Correction, Dataset

BACK_OFFICE = "00"


def correction_files(dice: Dice, dataset: Dataset, places: Places) -> list[CorrectionFile]:
    """One file for each hour in which the back office corrected anything."""
    hours: dict[datetime, list[Correction]] = defaultdict(list)
    for correction in dataset.corrections:
        hours[correction.at.replace(minute=0, second=0, microsecond=0)].append(correction)
    location = places.warehouses[0].location_id
    first = 1 + dice.number("sequence", location, dataset.business_date, below=9000)
    files = []
    for hour, corrections in sorted(hours.items()):
        files.append(
            CorrectionFile(
                location_id=location,
                till=location + BACK_OFFICE,
                hour=hour,
                business_date=dataset.business_date,
                corrections=tuple(corrections),
                sequence=first,
            )
        )
        first += len(corrections)
    return files
