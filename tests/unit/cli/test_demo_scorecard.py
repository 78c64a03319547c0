import io
import json

import pytest
from rich.console import Console

from services.cli.demo.facts import Whereabouts
from services.cli.demo.paper import STATES, show_scorecard
from services.cli.demo.scorecard import (
    BreakLine,
    ComparisonLine,
    Messages,
    Orders,
    Postings,
    Scorecard,
    zeros_of,
)
from services.cli.demo.screen import Bars

LOST_ORDER = BreakLine("MISSING_IN_MESH", "shopify:shop/7", "12.00 USD", "no order", "Ask the source.")


def zeros(breaks=(), facts=None, **given):
    counts = {
        "oversold_units": 0,
        "erp_doubled_keys": 0,
        "broken_invariants": {},
        "stuck": 0,
        "dead_letters": 0,
    }
    return zeros_of(breaks, facts or {}, **{**counts, **given})


def a_card(**given):
    fields = {
        "dataset": "complete-journey",
        "business_date": "2017-12-23",
        "erp": "sandbox",
        "zeros": zeros(),
        "messages": Messages(
            sent={"order_created": 70, "till_file": 1500},
            sent_again=33,
            sent_late=30,
            malformed={"bad_signature": 2},
            taken_in={"storefront webhooks": {"applied": 70, "quarantined": 2}},
            refused_unread=2,
            ignored={"already recorded": 5},
            quarantined={"line_items.price must not be negative": 2},
            waiting={},
            unexpected_answers=(),
        ),
        "orders": Orders(
            by_state={"storefront": {"confirmed": 7, "held": 1}, "tills": {}},
            held={"unknown product": 1},
            refused={},
            split=19,
            returns=32,
        ),
        "facts": {"till sales": Whereabouts(544, 544, 0, ())},
        "comparisons": [ComparisonLine("mesh/erp", 634, 634, 634, 0)],
        "breaks": [],
        "postings": Postings(
            by_state={"posted": 634, "pending": 0},
            rate_per_second=31.6,
            drain_seconds=0,
            lag_p50_seconds=8.5,
            lag_p99_seconds=17.2,
            throttled_calls=0,
            lost_answers=86,
        ),
        "invariants": {"order": 12},
        "broken_invariants": {},
        "seconds": {"start": 6.0, "play": 21.5},
        "examples": {"split": "7bf329a7-84e1-5004-baea-315ecaf85b81"},
    }
    return Scorecard(**{**fields, **given})


def printed(show, width=100):
    console = Console(file=io.StringIO(), width=width, highlight=False)
    show(console)
    return console.file.getvalue()


def test_a_day_on_which_everything_agrees_is_clean():
    text = printed(lambda console: show_scorecard(console, a_card()))
    assert "✔ clean" in text
    assert "orders show 7bf329a7-84e1-5004-baea-315ecaf85b81" in text


@pytest.mark.parametrize("width", [80, 100])
def test_the_scorecard_fits_on_usual_terminals(width):
    every = dict.fromkeys(STATES, 1234)
    card = a_card(orders=Orders(by_state={"storefront": every}, held={}, refused={}, split=0, returns=0))
    text = printed(lambda console: show_scorecard(console, card), width)
    assert all(len(line) <= width for line in text.splitlines())
    assert text.count("1,234") == len(STATES)
    assert all(name in text for name in (*STATES.values(), "rows of invariant queries", "INVARIANTS"))
    assert "…" not in text


def test_what_is_not_zero_and_every_break_is_named_with_its_remedy():
    breaks, facts = [LOST_ORDER], {"till sales": Whereabouts(2, 1, 0, ("36701-2017-12-23-17",))}
    broken = {"order: every cent is accounted for": 3}
    judged = zeros(breaks, facts, broken_invariants=broken)
    assert (judged["orders_lost"], judged["facts_lost"], judged["invariant_rows"]) == (1, 1, 3)
    card = a_card(zeros=judged, breaks=breaks, facts=facts, broken_invariants=broken)
    text = " ".join(printed(lambda console: show_scorecard(console, card)).split())
    assert "✘ not clean" in text
    assert "MISSING_IN_MESH shopify:shop/7: 12.00 USD ≠ no order. Ask the source." in text
    assert "till sales: 36701-2017-12-23-17" in text
    assert "every cent is accounted for: 3 rows" in text


def test_a_backlog_tells_how_long_it_takes():
    slow = Postings(
        by_state={"posted": 100, "pending": 60},
        rate_per_second=0.9,
        drain_seconds=67,
        lag_p50_seconds=20,
        lag_p99_seconds=90,
        throttled_calls=4,
        lost_answers=0,
    )
    text = printed(lambda console: show_scorecard(console, a_card(postings=slow)))
    assert "60 postings, drained in 67 s at this rate" in text


def test_doubles_in_the_erp_count_whoever_found_them():
    assert zeros(erp_doubled_keys=2)["erp_documents_doubled"] == 2
    doubled = BreakLine("DOUBLED_IN_ERP", "S-1", "one document", "a, b", "Cancel one.")
    assert zeros([doubled])["erp_documents_doubled"] == 1


def test_the_scorecard_is_json():
    told = json.loads(json.dumps(a_card().described()))
    assert told["clean"] is True
    assert told["zeros"]["units_oversold"] == 0
    assert told["facts"]["till sales"] == {"told": 544, "known": 544, "set_aside": 0, "lost": []}


def test_a_pipe_gets_a_line_for_each_stage_that_ended():
    def stages(console):
        with Bars(console) as bars:
            bars.stage("products", 4457)
            bars.at("products", 4457)
            bars.finish("products")
            bars.stage("reconcile", None)
            bars.finish("reconcile", "0 breaks")

    first, second = printed(stages).splitlines()
    assert first.split()[:2] == ["products", "4,457"]
    assert second.startswith("reconcile")
    assert second.endswith("0 breaks")
