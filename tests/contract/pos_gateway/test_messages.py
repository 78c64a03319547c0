from tests.builders.intake_contract import IntakeContract


class TestMessages(IntakeContract):
    """What the POS gateway keeps, as operators see it."""
