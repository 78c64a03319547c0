from tests.builders.intake_contract import IntakeContract


class TestMessages(IntakeContract):
    """What the channel gateway keeps, as operators see it."""
