from services.inventory.application.ports import Call
from services.inventory.entrypoints.batches import portions
from tests.builders.stock import line, release, reserve


def calls(*lines: int) -> list[Call]:
    commands = [reserve(*[line(str(number), "MILK") for number in range(count)]) for count in lines]
    return [Call(str(number), b"", "", command) for number, command in enumerate(commands)]


def sizes(those: list[Call], **bounds: int) -> list[int]:
    return [len(portion) for portion in portions(those, **{"max_calls": 3, "max_lines": 10} | bounds)]


def test_a_transaction_takes_as_many_calls_as_it_may():
    assert sizes(calls(1, 1, 1, 1, 1, 1, 1)) == [3, 3, 1]


def test_a_transaction_takes_as_many_lines_as_it_may():
    assert sizes(calls(4, 4, 4, 4, 2)) == [2, 3]


def test_a_call_with_more_lines_than_that_is_alone():
    assert sizes(calls(1, 50, 1)) == [1, 1, 1]


def test_commands_without_lines_count_as_calls():
    assert sizes([Call("1", b"", "", release())] * 4) == [3, 1]
