"""The doors (门户) for programs, people and the platform: who comes in, what they ask, what they are shown, what is remembered."""
