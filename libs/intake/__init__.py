"""Messages from outside: stored as they came before they are answered, then applied in order."""

from libs.intake.desk import BodyInvalid, Desk, NotQuarantined, Reading
from libs.intake.intake import Intake
from libs.intake.limits import Limits
from libs.intake.message import Arrival, Message, Problem, Record, State, Stored
from libs.intake.outcome import Outcome
from libs.intake.protos import Announcements
from libs.intake.reception import Reception
from libs.intake.refusals import outcome_of_refusal
from libs.intake.refused import RefusedCounter
from libs.intake.retention import forget
from libs.intake.rpcs import IntakeRpcs
from libs.intake.settings import IntakeSettings
from libs.intake.store import store
from libs.intake.tables import create_intake_tables, drop_intake_tables
from libs.intake.unreadable import Unreadable
from libs.intake.worker import Worker

__all__ = [
    "Announcements",
    "Arrival",
    "BodyInvalid",
    "Desk",
    "Intake",
    "IntakeRpcs",
    "IntakeSettings",
    "Limits",
    "Message",
    "NotQuarantined",
    "Outcome",
    "Problem",
    "Reading",
    "Reception",
    "Record",
    "RefusedCounter",
    "State",
    "Stored",
    "Unreadable",
    "Worker",
    "create_intake_tables",
    "drop_intake_tables",
    "forget",
    "outcome_of_refusal",
    "store",
]
