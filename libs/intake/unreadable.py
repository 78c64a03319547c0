"""What a gateway's reader raises."""

from collections.abc import Sequence

from libs.intake.message import Problem


class Unreadable(Exception):
    """A body breaks rules without which nothing can be told from it; ``problems`` are all that were found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{problem.field}: {problem.rule}" for problem in problems))
        self.problems = tuple(problems)
