from dataclasses import fields
from datetime import UTC, datetime

from google.type.postal_address_pb2 import PostalAddress as PostalAddressMessage
from hypothesis import given
from hypothesis import strategies as st

from services.master_data import convert
from services.master_data.domain.identifiers import Scheme
from services.master_data.domain.parties import Contact, Customer, PostalAddress
from services.master_data.domain.recorded import Recorded

NOW = datetime(2026, 6, 1, tzinfo=UTC)

words = st.text(max_size=10)
lines = st.lists(words, max_size=3).map(tuple)
addresses = st.builds(
    PostalAddress,
    **{field.name: words for field in fields(PostalAddress)} | {"address_lines": lines, "recipients": lines},
)
contacts = st.builds(Contact, words, words, words, st.none() | addresses)


@given(st.none() | contacts)
def test_a_contact_survives_the_wire(contact):
    message = convert.customer_to_proto(Recorded(Customer("C1", contact), 3, NOW))
    assert convert.customer_from_proto(message) == Customer("C1", contact)


def test_every_part_of_a_postal_address_is_kept():
    kept = {field.name for field in fields(PostalAddress)}
    assert {field.name for field in PostalAddressMessage.DESCRIPTOR.fields} - kept == {"revision"}


def test_every_scheme_of_the_contract_is_known():
    assert set(convert.SCHEME.values()) == set(Scheme)
    known = {number for number in convert.product_pb2.IdentifierScheme.values() if number}
    assert known == set(convert.SCHEME)
