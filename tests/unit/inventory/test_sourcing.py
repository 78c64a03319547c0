import pytest

from services.inventory.domain.book import Book
from services.inventory.domain.places import Rejection, RejectionCause
from services.inventory.domain.sourcing import Sourced, source
from tests.builders.stock import at, line, pieces, places, store, warehouse

EVERYWHERE = places(warehouse("W1"), warehouse("W2", "WEST"), store("S1"), store("S2", "WEST"))


def sourced(known, levels, *lines, region="EAST", excluded=frozenset()) -> Sourced:
    return source(lines, known.ranking("web", region), Book(known, levels).stock, excluded)


def chosen(result: Sourced) -> list[tuple[str, str, int]]:
    return [(it.line_id, it.location_id, it.quantity // 1000) for it in result.allocations]


def test_one_location_that_has_everything_is_preferred_to_a_better_ranked_one_that_has_a_part():
    stock = at("W1", MILK=5) + at("S2", MILK=5, BREAD=5)
    result = sourced(EVERYWHERE, stock, line("1", "MILK", 2), line("2", "BREAD", 1))
    assert chosen(result) == [("1", "S2", 2), ("2", "S2", 1)]


def test_the_region_of_the_order_comes_before_warehouses():
    stock = at("W2", MILK=5) + at("S1", MILK=5)
    assert chosen(sourced(EVERYWHERE, stock, line("1", "MILK"))) == [("1", "S1", 1)]


def test_warehouses_come_before_stores_of_the_same_region():
    stock = at("S1", MILK=5) + at("W1", MILK=5)
    assert chosen(sourced(EVERYWHERE, stock, line("1", "MILK"))) == [("1", "W1", 1)]


def test_an_unknown_region_prefers_nobody():
    stock = at("S1", MILK=5) + at("W2", MILK=5)
    assert chosen(sourced(EVERYWHERE, stock, line("1", "MILK"), region="MARS")) == [("1", "W2", 1)]


def test_lines_of_one_product_share_what_is_there():
    result = sourced(EVERYWHERE, at("W1", MILK=3), line("1", "MILK", 2), line("2", "MILK", 2))
    assert chosen(result) == [("1", "W1", 2), ("2", "W1", 1)]
    assert [(it.line_id, it.quantity) for it in result.shortages] == [("2", pieces(1))]


def test_an_order_is_split_over_as_few_parcels_as_cover_the_most_lines():
    stock = at("W1", MILK=1) + at("S1", BREAD=1, EGGS=1) + at("S2", EGGS=1)
    lines = line("1", "MILK"), line("2", "BREAD"), line("3", "EGGS")
    assert sorted(chosen(sourced(EVERYWHERE, stock, *lines))) == [
        ("1", "W1", 1),
        ("2", "S1", 1),
        ("3", "S1", 1),
    ]


def test_a_line_is_split_when_no_location_has_all_of_it():
    result = sourced(EVERYWHERE, at("W1", MILK=2) + at("S1", MILK=2), line("1", "MILK", 3))
    assert chosen(result) == [("1", "W1", 2), ("1", "S1", 1)]


def test_a_line_that_must_be_split_takes_the_fewest_parcels():
    stock = at("W1", MILK=1) + at("W2", MILK=1) + at("S1", MILK=5)
    assert chosen(sourced(EVERYWHERE, stock, line("1", "MILK", 6))) == [("1", "S1", 5), ("1", "W1", 1)]


def test_what_nobody_has_is_a_shortage_and_the_rest_is_promised():
    result = sourced(EVERYWHERE, at("W1", MILK=5), line("1", "MILK"), line("2", "CAVIAR", 2))
    assert chosen(result) == [("1", "W1", 1)]
    assert [(it.line_id, it.sku, it.quantity) for it in result.shortages] == [("2", "CAVIAR", pieces(2))]


def test_safety_stock_and_promises_to_others_are_not_available():
    [level] = at("W1", MILK=5)
    level.safety_stock, level.reserved = pieces(2), pieces(1)
    result = sourced(EVERYWHERE, [level], line("1", "MILK", 3))
    assert chosen(result) == [("1", "W1", 2)]


def test_nobody_is_sent_half_a_piece():
    [level] = at("W1", MILK=2)
    level.safety_stock = 500
    assert chosen(sourced(EVERYWHERE, [level], line("1", "MILK", 2))) == [("1", "W1", 1)]


def test_the_split_limit_of_the_rule_leaves_a_shortage():
    known = places(warehouse("W1"), store("S1"), max_split=1)
    stock = at("W1", MILK=1) + at("S1", BREAD=1)
    result = sourced(known, stock, line("1", "MILK"), line("2", "BREAD"))
    assert chosen(result) == [("1", "W1", 1)]
    assert result.explanation.rejected == (Rejection("S1", "2", RejectionCause.SPLIT_LIMIT),)


@pytest.mark.parametrize(
    ("rule", "location"),
    [
        ({"use_stores": False}, "W1"),
        ({"use_warehouses": False}, "S1"),
        ({"prefer_region": False}, "W1"),
        ({"region_only": True}, "W1"),
    ],
)
def test_a_rule_decides_who_may_supply(rule, location):
    known = places(warehouse("W1"), store("S1"), warehouse("W2", "WEST"), **rule)
    stock = at("W1", MILK=1) + at("S1", MILK=1) + at("W2", MILK=1)
    assert chosen(sourced(known, stock, line("1", "MILK"))) == [("1", location, 1)]


def test_every_location_that_lost_is_explained():
    known = places(
        warehouse("W0"),
        warehouse("W1"),
        warehouse("W2"),
        warehouse("W3"),
        store("S1"),
        store("S2", ships=False),
        store("S3", "WEST"),
        region_only=True,
    )
    stock = at("W0", MILK=9, BREAD=9) + at("W1", MILK=9) + at("W3", MILK=9, BREAD=9) + at("S1", MILK=9)
    result = sourced(known, stock, line("1", "MILK"), line("2", "BREAD"), excluded=frozenset(["W0"]))
    assert result.explanation.rule == "default@1"
    assert set(result.explanation.rejected) == {
        Rejection("W0", "", RejectionCause.EXCLUDED),
        Rejection("W1", "2", RejectionCause.PARTIAL_STOCK),
        Rejection("W2", "", RejectionCause.NO_STOCK),
        Rejection("S1", "", RejectionCause.OUTRANKED),
        Rejection("S2", "", RejectionCause.DOES_NOT_SHIP),
        Rejection("S3", "", RejectionCause.NOT_IN_RULE),
    }


def test_explanations_are_bounded():
    known = places(*[store(f"S{number:03d}") for number in range(300)])
    assert len(sourced(known, [], line("1", "MILK")).explanation.rejected) == 20


def test_a_channel_without_a_rule_of_its_own_follows_the_common_one():
    assert EVERYWHERE.ranking("marketplace", "EAST") is EVERYWHERE.ranking("web", "EAST")
