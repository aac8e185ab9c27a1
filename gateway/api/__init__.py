"""The platform API (/api/v1): the same acts and readings as everywhere, over HTTP."""
