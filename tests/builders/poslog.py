"""POSLog files in three dialects, small and of our own making.

The ordinary builders write 6.x with currencies on amounts and vendor elements, in either namespace; those
with ``acs`` in their name write 2.1 with the store in ``RetailStoreID`` and no currency on amounts.
"""

import hmac

OLD = "http://www.nrf-arts.org/IXRetail/namespace/"
NEW = "http://www.nrf-arts.org/IXRetail/v6.0.0/poslog"
ACS = "urn:example:acs"
SECRET = "a till secret"
DAY = "2024-04-01"


def a_file(*transactions: str, namespace: str = OLD) -> bytes:
    content = "".join(transactions)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<POSLog xmlns="{namespace}" xmlns:fu="urn:example:fu" xmlns:acs="{ACS}" MajorVersion="6">'
        f"{content}</POSLog>"
    ).encode()


def a_receipt(
    *lines: str,
    sequence: str = "17",
    store: str = "300",
    till: str = "30001",
    day: str = DAY,
    total: str = "2.99",
    tax: str = "0.48",
    status: str = "",
    more: str = "",
) -> str:
    """A retail transaction of the 6.x kind; ``lines`` are line items in the order of the receipt."""
    return (
        f'<Transaction><BusinessUnit><UnitID Name="A store">{store}</UnitID></BusinessUnit>'
        f'<WorkstationID TypeCode="POS">{till}</WorkstationID><SequenceNumber>{sequence}</SequenceNumber>'
        f"<ReceiptNumber>R-{sequence}</ReceiptNumber><RetailTransaction{status}>"
        + "".join(lines)
        + f'<Total TotalType="TransactionGrandAmount" CurrencyCode="EUR">{total}</Total>'
        f'<Total TotalType="TransactionTaxAmount" CurrencyCode="EUR">{tax}</Total>{more}'
        f"</RetailTransaction><BusinessDayDate>{day}</BusinessDayDate>"
        f"<EndDateTime>{day}T15:06:56.741Z</EndDateTime></Transaction>"
    )


def a_sold(
    code: str = "4025929673704",
    *,
    number: int = 1,
    quantity: str = "1.0000",
    price: str = "2.990",
    amount: str = "2.990",
    unit: str = "EA",
    attributes: str = "",
    inside: str = "",
    element: str = "Sale",
) -> str:
    """One line sold, or with a negative quantity brought back, with vendor elements strewn in."""
    return (
        f'<LineItem{attributes}><{element}><ItemID Name="An article">{code}</ItemID>'
        f'<RegularSalesUnitPrice Currency="EUR">{price}</RegularSalesUnitPrice>'
        f'<ExtendedAmount Currency="EUR">{amount}</ExtendedAmount>'
        '<ExtendedDiscountAmount Currency="XXX">0</ExtendedDiscountAmount>'
        f'<Quantity UnitOfMeasureCode="{unit}">{quantity}</Quantity>{inside}'
        f"<fu:SalesMode>MODE_NORMAL</fu:SalesMode></{element}><SequenceNumber>{number}</SequenceNumber></LineItem>"
    )


def a_tender(amount: str = "2.990", *, number: int = 3, kind: str = "Cash", purpose: str = "Sale") -> str:
    return (
        f'<LineItem><Tender TenderType="{kind}" TypeCode="{purpose}"><Amount Currency="EUR">{amount}</Amount>'
        f"</Tender><SequenceNumber>{number}</SequenceNumber></LineItem>"
    )


def a_change(amount: str, number: int = 5) -> str:
    return (
        '<LineItem><TenderChange TypeCode="Refund"><TenderChange TenderType="Cash">'
        f'<Amount Currency="EUR">{amount}</Amount></TenderChange></TenderChange>'
        f"<SequenceNumber>{number}</SequenceNumber></LineItem>"
    )


def a_coupon(amount: str, promotion: str = "spring", number: int = 7) -> str:
    return (
        f'<LineItem><Discount TypeCode="Coupon"><Amount Currency="EUR">{amount}</Amount>'
        f"<PromotionID>{promotion}</PromotionID></Discount><SequenceNumber>{number}</SequenceNumber></LineItem>"
    )


def a_link(
    sequence: str = "0016", line: int = 1, store: str = "300", till: str = "30002", day: str = DAY
) -> str:
    return (
        f"<TransactionLink><BusinessUnit><UnitID>{store}</UnitID></BusinessUnit>"
        f"<WorkstationID>{till}</WorkstationID><BusinessDayDate>{day}</BusinessDayDate>"
        f"<SequenceNumber>{sequence}</SequenceNumber><LineItemSequenceNumber>{line}</LineItemSequenceNumber>"
        "</TransactionLink>"
    )


def a_sale(sequence: str = "17", **fields: str) -> str:
    """One article for 2.99, paid with cash."""
    return a_receipt(a_sold(), a_tender(), sequence=sequence, **fields)


def a_return(sequence: str = "18", *, link: str = "", **fields: str) -> str:
    """The same article brought back: quantity -1, a positive amount and tender, negative totals."""
    line = a_sold(quantity="-1.0000", inside=link)
    given = {"total": "-2.99", "tax": "-0.48"} | fields
    return a_receipt(line, a_tender(purpose="Refund"), sequence=sequence, **given)


def a_control(
    sequence: str = "16", reason: str = "Valid SignOn", store: str = "300", till: str = "30001"
) -> str:
    return (
        f"<Transaction><RetailStoreID>{store}</RetailStoreID><WorkstationID>{till}</WorkstationID>"
        f"<SequenceNumber>{sequence}</SequenceNumber><BusinessDayDate>{DAY}</BusinessDayDate>"
        f"<EndDateTime>{DAY}T08:00:00</EndDateTime><ControlTransaction><ReasonCode>{reason}</ReasonCode>"
        "</ControlTransaction></Transaction>"
    )


def a_correction(
    *changes: tuple[str, str],
    sequence: str = "40",
    kind: str = "InventoryAdjustment",
    store: str = "W01",
    till: str = "W0100",
) -> str:
    lines = "".join(
        f'<LineItem><ItemID>{code}</ItemID><Quantity UnitOfMeasureCode="EA">{quantity}</Quantity>'
        f'<ReasonCode Name="damages"/><SequenceNumber>{number}</SequenceNumber></LineItem>'
        for number, (code, quantity) in enumerate(changes, start=1)
    )
    return (
        f"<Transaction><BusinessUnit><UnitID>{store}</UnitID></BusinessUnit><WorkstationID>{till}</WorkstationID>"
        f"<SequenceNumber>{sequence}</SequenceNumber><BusinessDayDate>{DAY}</BusinessDayDate>"
        f"<InventoryControlTransaction><SerialFormID>D-7</SerialFormID>"
        f"<DocumentTypeCode>{kind}</DocumentTypeCode>{lines}</InventoryControlTransaction>"
        f"<EndDateTime>{DAY}T12:00:00+02:00</EndDateTime></Transaction>"
    )


def an_acs_receipt(*lines: str, sequence: str = "161", total: str = "1.07", tax: str = "0.00") -> str:
    """A 2.1 receipt of an American grocer: no currency on amounts, times without a zone."""
    return (
        "<Transaction><RetailStoreID>9</RetailStoreID><WorkstationID>34</WorkstationID>"
        f"<SequenceNumber>{sequence}</SequenceNumber><BusinessDayDate>{DAY}</BusinessDayDate>"
        f"<EndDateTime>{DAY}T23:30:00</EndDateTime><CurrencyCode>USD</CurrencyCode>"
        '<RetailTransaction Version="2.1">'
        + "".join(lines)
        + f'<Total TotalType="TransactionGrandAmount">{total}</Total>'
        f'<Total TotalType="TransactionTaxAmount">{tax}</Total></RetailTransaction></Transaction>'
    )


def an_acs_line(
    amount: str = "1.26",
    *,
    number: int = 1,
    quantity: str = "1",
    code: str = "00000000067591",
    price: str = "1.26",
    attributes: str = "",
    kind: str = "Stock",
) -> str:
    return (
        f'<LineItem EntryMethod="Keyed"{attributes}><SequenceNumber>{number}</SequenceNumber>'
        f'<Sale ItemType="{kind}"><POSIdentity POSIDType="GTIN"><POSItemID>{code}</POSItemID></POSIdentity>'
        f"<ItemID>{code}</ItemID><Description>AN ARTICLE</Description>"
        f"<RegularSalesUnitPrice>{price}</RegularSalesUnitPrice><ExtendedAmount>{amount}</ExtendedAmount>"
        f"<Quantity>{quantity}</Quantity><acs:ReportCode>0</acs:ReportCode></Sale></LineItem>"
    )


def an_acs_tender(amount: str, number: int = 2, inside: str = "") -> str:
    return (
        f"<LineItem><SequenceNumber>{number}</SequenceNumber>"
        '<Tender TenderType="CreditDebit" TypeCode="Sale">'
        f"<Amount>{amount}</Amount>{inside}</Tender></LineItem>"
    )


def an_acs_reward(
    amount: str, *, number: int, detail: bool, summary: bool, category: str = "Monetary"
) -> str:
    flags = (' acs:detailedData="true"' if detail else "") + (
        ' acs:summarizedActivity="true"' if summary else ""
    )
    return (
        f"<LineItem><SequenceNumber>{number}</SequenceNumber><LoyaltyReward{flags}><PromotionID>5123</PromotionID>"
        f"<acs:RewardCategory>{category}</acs:RewardCategory>"
        f"<acs:ExtendedRewardAmount>{amount}</acs:ExtendedRewardAmount></LoyaltyReward></LineItem>"
    )


def a_bomb() -> bytes:
    entities = '<!ENTITY a "ha">' + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">'
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    return f'<?xml version="1.0"?><!DOCTYPE POSLog [{entities}]><POSLog xmlns="{OLD}">&i;</POSLog>'.encode()


def token(body: bytes, secret: str = SECRET) -> str:
    return hmac.digest(secret.encode(), body, "sha256").hex()
