"""A run that does nothing: that a worker takes it shows that it works, which the engine's list of workers does not for two minutes."""

from temporalio import workflow


@workflow.defn
class Proof:
    """Ends as soon as somebody has taken it."""

    @workflow.run
    async def run(self) -> None:
        """Nothing."""
