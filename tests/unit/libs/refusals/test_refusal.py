from libs.refusals import Overloaded, Refusal


class StockShortage(Refusal):
    reason = "ERROR_REASON_STOCK_SHORTAGE"


def test_a_refusal_carries_its_reason_field_and_metadata() -> None:
    refusal = StockShortage("3 of 5 available", field="lines[0].quantity", sku="TEA-1", available="3")
    assert str(refusal) == "3 of 5 available"
    assert refusal.reason == "ERROR_REASON_STOCK_SHORTAGE"
    assert refusal.field == "lines[0].quantity"
    assert refusal.metadata == {"sku": "TEA-1", "available": "3"}
    assert refusal.retry_after_seconds is None


def test_the_time_to_try_again_is_kept() -> None:
    assert Overloaded("queue is full", retry_after_seconds=0.5).retry_after_seconds == 0.5
