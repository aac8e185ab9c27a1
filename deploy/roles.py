"""The two roles of PostgreSQL: the owner, who migrates, and the service, which may only what it needs; here for every table.

`deploy/database.py` makes the roles before the migrations and gives the rights after them. Both may be repeated; what a table does
not name here is taken away again.
"""

from collections.abc import Iterator, Mapping

from sqlmodel import SQLModel

import models.gateway
import models.log
import models.register

assert models.gateway
assert models.log
assert models.register

OWNER, SERVICE = "beian_owner", "beian"
"""The owner's role nobody signs in by: whoever migrates takes it on (`SET ROLE`). The service signs in by its own."""

APPENDED = "SELECT, INSERT"
"""What is written once and never changed: the record."""

KEPT_UP = "SELECT, INSERT, UPDATE"
"""What says how things stand, and is never taken away."""

PASSING = "SELECT, INSERT, UPDATE, DELETE"
"""What is of use for a while, and is swept."""

RIGHTS: Mapping[str, str] = {
    "entries": APPENDED,
    "versions": APPENDED,
    "messages": APPENDED,
    "public_notices": APPENDED,
    "masked_papers": APPENDED,
    "published_editions": APPENDED,
    "used_editions": APPENDED,
    "log_leaves": APPENDED,
    # what followed from an entry is sealed into it afterwards, once
    "round_entries": f"{APPENDED}, UPDATE (told)",
    # its chain is written under a lock of the table, for which the database wants a right to change it; its oldest end is cut
    "audit": f"{APPENDED}, DELETE",
    # a paper to which nothing refers is swept; its text is changed only where it is masked, and masked_papers tells
    "papers": f"{APPENDED}, DELETE, UPDATE (body)",
    # goes when its time is over
    "refused_acts": f"{APPENDED}, DELETE",
    "filings": KEPT_UP,
    "search_texts": KEPT_UP,
    "annual_reports": KEPT_UP,
    "letters": KEPT_UP,
    "deliveries": KEPT_UP,
    "rounds": KEPT_UP,
    "round_items": KEPT_UP,
    "passes": KEPT_UP,
    # its tiles grow; a checkpoint is cosigned and stamped
    "log_tiles": KEPT_UP,
    "log_checkpoints": KEPT_UP,
    "log_witnessed": KEPT_UP,
    "seen_up": KEPT_UP,
    "followed": PASSING,
    "drift": PASSING,
    "people": PASSING,
    "archive_numbers": PASSING,
    "arrivals": PASSING,
    "sessions": PASSING,
    "subscriptions": PASSING,
    "spent": PASSING,
    "drafts": PASSING,
    "uploads": PASSING,
    "stored": PASSING,
    "counted": PASSING,
    "saved_filters": PASSING,
    "handlings": PASSING,
    "absences": PASSING,
    "phrases": PASSING,
    "person_names": PASSING,
    "what_ifs": PASSING,
}
"""Table → what the service may do with its rows. Some of them stand in a chain of hashes, which would tell; these rights see to it before."""

VERSION = "alembic_version"
"""In which the migrations note how far they came: the service looks there whether it has the tables it needs."""


def roles() -> Iterator[str]:
    """Make both roles; the database and what is in it belong to the owner."""
    for role, login in ((OWNER, "NOLOGIN"), (SERVICE, "LOGIN")):
        yield (
            f"DO $$ BEGIN CREATE ROLE {role} {login} NOSUPERUSER NOCREATEDB NOCREATEROLE; "
            "EXCEPTION WHEN duplicate_object THEN NULL; END $$"
        )
    yield (
        "DO $$ DECLARE this text := 'ON DATABASE ' || quote_ident(current_database()); BEGIN "
        f"EXECUTE 'REVOKE ALL ' || this || ' FROM PUBLIC'; EXECUTE 'GRANT CONNECT ' || this || ' TO {SERVICE}'; END $$"
    )
    yield f"ALTER SCHEMA public OWNER TO {OWNER}"
    yield "REVOKE CREATE ON SCHEMA public FROM PUBLIC"
    yield f"GRANT USAGE ON SCHEMA public TO {SERVICE}"


def rights() -> Iterator[str]:
    """Give the service its rights, and no others."""
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {SERVICE}, PUBLIC"
    for table in SQLModel.metadata.sorted_tables:
        yield f"GRANT {RIGHTS[table.name]} ON {table.name} TO {SERVICE}"
    yield f"GRANT SELECT ON {VERSION} TO {SERVICE}"
    yield f"GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO {SERVICE}"  # a restore has numbers go on
