"""Files are parsed without trust."""

import time
import tracemalloc
from pathlib import Path

import pytest

from libs.intake import Unreadable
from services.pos_gateway.adapters.poslog_xml import canonical, transactions_of
from tests.builders.poslog import NEW, OLD, a_bomb, a_control, a_file, a_sale


def problem_in(body):
    with pytest.raises(Unreadable) as refused:
        transactions_of(body)
    (problem,) = refused.value.problems
    return problem.field, problem.rule


def test_a_file_is_taken_apart_into_its_transactions():
    assert len(transactions_of(a_file(a_control(), a_sale(), a_sale("18")))) == 3
    assert transactions_of(a_file()) == []


@pytest.mark.parametrize("namespace", [OLD, NEW])
def test_both_namespaces_of_the_standard_are_accepted(namespace):
    (found,) = transactions_of(a_file(a_sale(), namespace=namespace))
    assert found.text("BusinessUnit/UnitID") == "300"


def test_an_entity_bomb_is_refused_before_it_goes_off():
    tracemalloc.start()
    began = time.monotonic()
    assert problem_in(a_bomb()) == ("DOCTYPE", "must not be there")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000
    assert time.monotonic() - began < 1.0


def test_an_external_entity_reads_no_file(tmp_path: Path):
    secret = tmp_path / "secret"
    secret.write_text("not for tills")
    body = f'<!DOCTYPE POSLog [<!ENTITY x SYSTEM "file://{secret}">]><POSLog xmlns="{OLD}">&x;</POSLog>'
    assert problem_in(body.encode()) == ("DOCTYPE", "must not be there")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-7"])
def test_an_encoding_does_not_hide_a_document_type(encoding):
    head = f'<?xml version="1.0" encoding="{encoding.upper()}"?><!DOCTYPE POSLog [<!ENTITY a "b">]>'
    text = f'{head}<POSLog xmlns="{OLD}"/>'
    field, _ = problem_in(text.encode(encoding))
    assert field in ("DOCTYPE", "")


def test_a_document_type_behind_comments_is_found():
    body = f'<?xml version="1.0"?> <!-- a --><?pi b?>\n<!DOCTYPE POSLog><POSLog xmlns="{OLD}"/>'
    assert problem_in(body.encode()) == ("DOCTYPE", "must not be there")


def test_a_receipt_text_that_speaks_of_a_document_type_is_harmless():
    receipt = a_sale().replace("R-17", "<![CDATA[<!DOCTYPE html>]]>")
    assert len(transactions_of(a_file(receipt))) == 1


@pytest.mark.parametrize("cut", [1, 40, 200, 700])
def test_a_truncated_file_is_refused_as_a_whole(cut):
    body = a_file(a_sale(), a_sale("18"))
    field, rule = problem_in(body[:-cut])
    assert field == ""
    assert rule.startswith("must be whole XML: line ")


@pytest.mark.parametrize("body", [b"", b"PK\x03\x04", b"{}", b"\x00" * 50, b"<POSLog>\xff\xfe</POSLog>"])
def test_what_is_no_xml_is_refused(body):
    assert problem_in(body)[0] == ""


def test_excessive_depth_is_refused():
    body = a_file("<a>" * 5000 + "</a>" * 5000)
    assert problem_in(body)[1].startswith("must be whole XML")


def test_other_documents_are_refused_by_name():
    assert problem_in(f'<Invoice xmlns="{OLD}"/>'.encode()) == ("POSLog", "must be the outermost element")
    assert problem_in(b"<POSLog/>") == ("POSLog", "must be in a namespace of IXRetail")


def test_more_transactions_than_an_hour_can_have_are_refused():
    body = a_file("<Transaction/>" * 5001)
    assert problem_in(body) == ("POSLog", "has more than 5000 transactions")


def test_a_transaction_is_the_same_bytes_wherever_it_stands():
    (alone,) = transactions_of(a_file(a_sale()))
    _, second = transactions_of(a_file(a_control(), "\n  " + a_sale() + "\n"))
    assert canonical(alone) == canonical(second)
    (again,) = transactions_of(canonical(alone))
    assert canonical(again) == canonical(alone)
