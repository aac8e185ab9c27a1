"""`python -m gateway`: serve the doors until interrupted."""

from activities import garbage
from activities.privacy import keep_to_ourselves
from activities.starting import or_leave
from gateway import processes
from gateway.app import deployed
from gateway.identity import refuse_to_expose
from models.settings import read_settings


def main() -> None:
    """Serve."""
    with or_leave():
        settings = read_settings()
        refuse_to_expose(settings)
        deployed(settings)
        keep_to_ourselves(settings)
        processes.prepare(settings)
        garbage.settle()
        processes.serve(settings)


if __name__ == "__main__":
    main()
