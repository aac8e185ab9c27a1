"""Reaching the engine: Temporal's own environment configuration decides where it is."""

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig
from temporalio.runtime import Runtime

from models.settings import Settings


async def connect(settings: Settings, runtime: Runtime | None = None) -> Client:
    """A client by TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TLS, API key or profile; by default the embedded server."""
    config = ClientConfig.load_client_connect_config()
    config.setdefault("target_host", f"127.0.0.1:{settings.temporal_port}")
    return await Client.connect(**config, data_converter=pydantic_data_converter, runtime=runtime)
