"""The doors (门户) for programs, people and the platform. For now: the typed client that every door goes through."""
