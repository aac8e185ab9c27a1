"""`python -m gateway`: serve the doors until interrupted."""

import uvicorn

from activities import logs
from gateway.app import create
from gateway.identity import refuse_to_expose
from models.settings import Settings


def main() -> None:
    """Serve."""
    settings = Settings()
    refuse_to_expose(settings)
    logs.configure(settings.log_level)
    uvicorn.run(
        create(settings),
        host=settings.gateway_host,
        port=settings.gateway_port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=40,
    )


if __name__ == "__main__":
    main()
