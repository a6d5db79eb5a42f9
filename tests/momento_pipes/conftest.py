"""The fixtures of synthesized stacks."""

from tests.synthesized import no_settings_of_the_developer, production, state, weather

__all__ = ["no_settings_of_the_developer", "production", "state", "weather"]
