"""The register's database, brought up to date: both roles, the tables by their owner, what the service may do with them.

`python -m deploy.database` does it to the PostgreSQL of `BEIAN_DATABASE_URL`, which somebody must reach there who may do all that: a
superuser. It may be repeated, and changes nothing that is in order.
"""

import sys
from collections.abc import Iterable

from sqlalchemy import make_url

from activities.database import connect
from activities.migrating import migrate
from activities.starting import or_leave
from deploy.roles import OWNER, rights, roles
from models.settings import SettingsRefused, read_settings


def bring_up_to_date(url: str) -> None:
    """The database of an address. Raises `SettingsRefused` if it is none of PostgreSQL."""
    database = make_url(url)
    if database.get_backend_name() != "postgresql":
        raise SettingsRefused("环境变量 BEIAN_DATABASE_URL 须为 PostgreSQL 的地址；SQLite 由 worker 自行更新")
    _say(url, roles())
    migrate(database.update_query_dict({"options": f"-crole={OWNER}"}).render_as_string(hide_password=False))
    _say(url, rights())


def _say(url: str, statements: Iterable[str]) -> None:
    """All of it or nothing."""
    engine = connect(url)
    try:
        with engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
    finally:
        engine.dispose()


def main() -> None:
    """Do it, and say so."""
    with or_leave():
        bring_up_to_date(read_settings().register_url)
    sys.stdout.write("备案库的角色、表结构和权限均为本版本的\n")


if __name__ == "__main__":
    main()
