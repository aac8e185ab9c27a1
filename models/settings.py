"""Settings, read once at the door, frozen; a wrong one refuses to start. Everything of ours begins with BEIAN_.

The connection to Temporal is not here: it comes from Temporal's own environment configuration (TEMPORAL_ADDRESS, …).
"""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What a deployment decides."""

    model_config = SettingsConfigDict(env_prefix="BEIAN_", frozen=True, extra="forbid")

    var: Path = Field(Path("var"), description="folder for everything the embedded service writes")
    database_url: str | None = Field(None, description="the register; absent: SQLite below `var`")
    editions: Path | None = Field(None, description="folder with terms/*.json and calendars/*.json of this deployment")
    task_queue: str = Field("filings", description="Temporal task queue")
    activity_threads: int = Field(8, ge=1, le=64, description="threads that write the register")
    cached_workflows: int = Field(2000, ge=0, description="filings kept in memory between their entries")
    delivery_interval: float = Field(10.0, gt=0, description="seconds between looks for undelivered messages")
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="what is logged, and worse")
    temporal_port: int = Field(7233, ge=1, le=65535, description="`make run`: port of the embedded Temporal server")
    ui_port: int = Field(8233, ge=1, le=65535, description="`make run`: port of the Temporal UI")
    metrics_port: int = Field(9464, ge=0, le=65535, description="Prometheus metrics of the worker; 0: none")

    @property
    def register_url(self) -> str:
        """The register's database."""
        return self.database_url or f"sqlite:///{self.var / 'register.db'}"

    @property
    def outbox(self) -> Path:
        """Where messages are delivered as files."""
        return self.var / "outbox"
