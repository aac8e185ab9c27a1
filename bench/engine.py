"""The engine to be measured against: the server that `make run` starts, beside the processes of a bench."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.embedded import answers, start_server, stopping
from models.settings import Settings
from tests.loopback import two_free_ports
from tests.patience import eventually


@contextmanager
def embedded(folder: Path) -> Iterator[tuple[Settings, int]]:
    """A server, once it answers: by which settings, and its process."""
    temporal_port, ui_port = two_free_ports()
    settings = Settings(var=folder, temporal_port=temporal_port, ui_port=ui_port, metrics_port=0)
    process = start_server(settings)
    with stopping(process):
        eventually(lambda: answers(temporal_port))
        yield settings, process.pid
