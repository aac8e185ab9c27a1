"""`python -m gateway`: serve the doors until interrupted."""

import sys

import uvicorn

from activities import logs
from activities.privacy import keep_to_ourselves
from activities.starting import or_leave
from gateway import patience
from gateway.app import create, deployed
from gateway.identity import refuse_to_expose
from models.settings import read_settings


def main() -> None:
    """Serve."""
    with or_leave():
        settings = read_settings()
        refuse_to_expose(settings)
        deployed(settings)
    keep_to_ourselves(settings)
    logs.configure(settings.log_level)
    patience.make_room()
    sys.setswitchinterval(patience.TURN)
    uvicorn.run(
        create(settings),
        host=settings.gateway_host,
        port=settings.gateway_port,
        loop="asyncio",
        timeout_graceful_shutdown=40,
        **patience.served(),
    )


if __name__ == "__main__":
    main()
