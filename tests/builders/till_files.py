"""Till files as POSLog 6 in its plainest form, small and of our own making."""

import hmac
from datetime import date
from itertools import pairwise

DAY = date(2024, 4, 1)
NAMESPACE = "http://www.nrf-arts.org/IXRetail/namespace/"
BOMB = """<?xml version="1.0"?>
<!DOCTYPE POSLog [<!ENTITY a "aaaaaaaaaa">{entities}]>
<POSLog>&z;</POSLog>"""


def a_sale(
    number: int = 1, *, store: str = "S01", till: str = "7", sku: str = "SKU-1", pieces: int = 2
) -> str:
    """Pieces at 12.50 with tax contained, paid in cash with too large a note."""
    total = pieces * 1250
    paid = total + 500
    return f"""
  <Transaction TypeCode="SaleTransaction">
    {names(store, till, number)}
    <CurrencyCode>USD</CurrencyCode>
    <RetailTransaction TransactionStatus="Finished">
      <LineItem>
        <Sale ItemType="Stock">
          <ItemID>{sku}</ItemID>
          <Description>Article</Description>
          <RegularSalesUnitPrice>12.50</RegularSalesUnitPrice>
          <ExtendedAmount>{cents(total)}</ExtendedAmount>
          <Quantity UnitOfMeasureCode="EA">{pieces}</Quantity>
          <Tax><Amount>0.50</Amount></Tax>
        </Sale>
        <SequenceNumber>1</SequenceNumber>
      </LineItem>
      <LineItem>
        <Tender TenderType="Cash" TypeCode="Sale"><Amount>{cents(paid)}</Amount></Tender>
        <SequenceNumber>2</SequenceNumber>
      </LineItem>
      <LineItem>
        <TenderChange><TenderChange TenderType="Cash"><Amount>5.00</Amount></TenderChange></TenderChange>
        <SequenceNumber>3</SequenceNumber>
      </LineItem>
      <Total TotalType="TransactionGrandAmount">{cents(total)}</Total>
      <Total TotalType="TransactionTaxAmount">0.50</Total>
    </RetailTransaction>
    <EndDateTime>{DAY.isoformat()}T15:{number % 60:02d}:00-05:00</EndDateTime>
  </Transaction>"""


def names(store: str, till: str, number: int) -> str:
    return (
        f"<BusinessUnit><UnitID>{store}</UnitID></BusinessUnit><WorkstationID>{till}</WorkstationID>"
        f"<SequenceNumber>{number}</SequenceNumber><BusinessDayDate>{DAY.isoformat()}</BusinessDayDate>"
    )


def cents(amount: int) -> str:
    return f"{amount // 100}.{amount % 100:02d}"


def a_file(*transactions: str) -> bytes:
    return f'<?xml version="1.0"?>\n<POSLog xmlns="{NAMESPACE}">{"".join(transactions)}\n</POSLog>'.encode()


def an_entity_bomb() -> bytes:
    """Each entity names the one before ten times."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    entities = "".join(f'<!ENTITY {after} "{f"&{before};" * 10}">' for before, after in pairwise(letters))
    return BOMB.format(entities=entities).encode()


def signature(body: bytes, secret: str) -> str:
    """Hexadecimal HMAC-SHA256 of the body, the ``X-Till-Token`` header."""
    return hmac.digest(secret.encode(), body, "sha256").hex()


def order_name(number: int, store: str = "S01", till: str = "7") -> tuple[str, str]:
    """Channel and channel order id of a sale."""
    return f"till:{store}", f"{till}-{DAY.isoformat()}-{number}"
