"""A gateway at default limits in a process of its own, on loopback: `python -m tests.abuse.gateway VAR PORT`."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from temporalio.client import Client

from activities import logs
from activities.privacy import keep_to_ourselves
from activities.register import Register
from gateway import patience
from gateway.app import create, tools_of
from gateway.client import Filings
from gateway.tools import Tools
from models.channels import ChannelsFile
from models.settings import Settings


@asynccontextmanager
async def without_an_engine(settings: Settings) -> AsyncIterator[Tools]:
    """The doors on a register; whatever would reach the engine reaches nobody."""
    nobody = await Client.connect("127.0.0.1:1", lazy=True)
    yield tools_of(settings, Filings(nobody, Register.at(settings.register_url)), ChannelsFile())


def main() -> None:
    """Serve, as `python -m gateway` does."""
    settings = Settings(var=Path(sys.argv[1]), gateway_port=int(sys.argv[2]))
    keep_to_ourselves(settings)
    logs.configure(settings.log_level)
    patience.make_room()
    sys.setswitchinterval(patience.TURN)
    uvicorn.run(create(settings, without_an_engine), host="127.0.0.1", port=settings.gateway_port, **patience.served())


if __name__ == "__main__":
    main()
