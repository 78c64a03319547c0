import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.paging import page_of, page_token, position_of
from libs.refusals import PageTokenInvalid

keys = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=64), min_size=1, max_size=3)


@given(keys)
def test_a_token_leads_back_to_its_key(key):
    assert position_of("List", page_token("List", key)) == tuple(key)


def test_no_token_means_the_first_page():
    assert position_of("List", "") == ()


@given(st.text(max_size=80))
def test_a_made_up_token_is_refused(token):
    if token:
        with pytest.raises(PageTokenInvalid):
            position_of("List", token)


def test_a_token_of_another_list_is_refused():
    with pytest.raises(PageTokenInvalid) as refused:
        position_of("ListProducts", page_token("ListLocations", ["A1"]))
    assert refused.value.field == "page.page_token"


def test_a_truncated_token_is_refused():
    token = page_token("List", ["A1", "long enough to cut"])
    for length in range(1, len(token)):
        with pytest.raises(PageTokenInvalid):
            position_of("List", token[:length])


def test_pages_cover_every_row_once():
    rows = [f"{number:03}" for number in range(25)]
    seen: list[str] = []
    token = ""
    while True:
        after = position_of("List", token)
        rest = [row for row in rows if not after or row > after[0]]
        page = page_of("List", rest[:11], 10, lambda row: (row,))
        seen += page.rows
        token = page.next_token
        if not token:
            break
    assert seen == rows


def test_a_page_that_ends_with_the_last_row_has_no_next_one():
    assert page_of("List", ["a", "b"], 2, lambda row: (row,)).next_token == ""
